import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemoryStore } from "../../../rehearsal/aws/store";
import { API_CALLS } from "../../../rehearsal/provider/api-calls";
import type { ApiCall } from "../../../rehearsal/provider/api-calls/api-call";
import { ProviderBackend } from "../../../rehearsal/provider/backend";
import { RESOURCE_TYPES } from "../../../rehearsal/provider/types";
import { FakeAutoScaling } from "./fake-auto-scaling";

const urn = (token: string, name = "one") => `urn:pulumi:dev::project::${token}::${name}`;
const ROLE = "aws:iam/role:Role";
const BUCKET = "aws:s3/bucket:Bucket";
const TRUST = JSON.stringify({ Version: "2012-10-17", Statement: [] });

describe("the API calls of the rehearsal's provider", () => {
  const filesDir = mkdtempSync(join(tmpdir(), "ci-runners-calls-"));
  let store: MemoryStore;
  let seen: ApiCall[];
  let deny: string | undefined;
  let backend: ProviderBackend;
  beforeEach(() => {
    store = new MemoryStore();
    seen = [];
    deny = undefined;
    const authorise = (call: ApiCall) => {
      seen.push(call);
      if (call.action === deny) throw new Error(`AccessDenied: ${call.action} on ${call.resource}`);
    };
    backend = new ProviderBackend({ store, autoscaling: new FakeAutoScaling(), filesDir, authorise });
  });
  after(() => rmSync(filesDir, { recursive: true, force: true }));

  const actions = () => seen.splice(0).map(({ action }) => action);
  const create = async (token: string, news: Record<string, unknown>) => backend.create({ urn: urn(token), news });

  it("are known for every type, because a type without any would seem to need no permission", () => {
    assert.deepEqual(Object.keys(API_CALLS).sort(), Object.keys(RESOURCE_TYPES).sort());
  });

  it("are decided before anything is created: a denied call leaves no trace, and the error names it [A21.1]", async () => {
    deny = "iam:TagRole";
    const news = { name: "host", assumeRolePolicy: TRUST, tags: { team: "a" } };
    await assert.rejects(create(ROLE, news), /^Error: creating one: AccessDenied: iam:TagRole on arn:aws:iam::123456789012:role\/host$/);
    assert.deepEqual(store.all(), []);
  });

  it("need a permission for tags besides that for the resource, with the tags of the request as conditions [A21.1]", async () => {
    await create(ROLE, { name: "plain", assumeRolePolicy: TRUST });
    assert.deepEqual(actions(), ["iam:CreateRole"]);
    await create(ROLE, { name: "host", assumeRolePolicy: TRUST, tags: { team: "a" } });
    assert.deepEqual(
      seen.map(({ context }) => context["aws:RequestTag/team"]),
      ["a", "a"],
    );
    assert.deepEqual(actions(), ["iam:CreateRole", "iam:TagRole"]);
  });

  it("of a bucket's deletion include those that empty it, also of objects that the program retained [A16.3]", async () => {
    const bucket = await create(BUCKET, { bucket: "bundles", forceDestroy: true });
    await create("aws:s3/bucketObjectv2:BucketObjectv2", { bucket: "bundles", key: "host/1", content: "1" });
    seen.splice(0);
    await backend.delete({ urn: urn(BUCKET), id: bucket.id, olds: bucket.outputs });
    assert.deepEqual(
      seen.map(({ action, resource }) => [action, resource]),
      [
        ["s3:DeleteBucket", "arn:aws:s3:::bundles"],
        ["s3:DeleteObjectVersion", "arn:aws:s3:::bundles/host/1"],
      ],
    );
  });

  it("of an update are only those of the inputs that changed, with the tags that the resource had before", async () => {
    const inputs = { name: "host", assumeRolePolicy: TRUST, tags: { team: "a", old: "1" } };
    const { id, outputs } = await create(ROLE, inputs);
    actions();
    const update = (news: Record<string, unknown>) => backend.update({ urn: urn(ROLE), id, olds: outputs, oldInputs: inputs, news });
    await update({ ...inputs, description: "other" });
    assert.deepEqual(actions(), ["iam:UpdateRoleDescription"]);
    await update({ ...inputs, description: "other", tags: { team: "b" } });
    assert.deepEqual(
      seen.map(({ action, context }) => [action, context["aws:ResourceTag/team"]]),
      [
        ["iam:UpdateRoleDescription", "a"],
        ["iam:UntagRole", "a"],
        ["iam:TagRole", "a"],
      ],
    );
  });

  it("that give a role to a service need iam:PassRole, which looks at the role's name and the service, not at its tags [A21.2]", async () => {
    await create(ROLE, { name: "host", assumeRolePolicy: TRUST, tags: { team: "a" } });
    actions();
    await create("aws:iam/instanceProfile:InstanceProfile", { name: "host", role: "host" });
    const pass = seen.find(({ action }) => action === "iam:PassRole")!;
    assert.deepEqual(pass, {
      action: "iam:PassRole",
      resource: "arn:aws:iam::123456789012:role/host",
      context: { "iam:PassedToService": "ec2.amazonaws.com" },
    });
  });

  it("that give a role to an instance profile carry no tags: a condition on those of the request would refuse them [A21.2]", async () => {
    await create(ROLE, { name: "host", assumeRolePolicy: TRUST });
    actions();
    await create("aws:iam/instanceProfile:InstanceProfile", { name: "host", role: "host", tags: { team: "a" } });
    const tagsOf = (of: string) => Object.keys(seen.find(({ action }) => action === of)!.context);
    assert.deepEqual(tagsOf("iam:CreateInstanceProfile"), ["aws:RequestTag/team"]);
    assert.deepEqual(tagsOf("iam:AddRoleToInstanceProfile"), ["aws:ResourceTag/team"]);
  });

  it("that give a role to EC2 in China name its principal there [A21.2]", async () => {
    const account = { partition: "aws-cn", region: "cn-north-1" };
    const authorise = (call: ApiCall) => seen.push(call);
    const inChina = new ProviderBackend({ store, autoscaling: new FakeAutoScaling(), filesDir, authorise, account });
    await create(ROLE, { name: "host", assumeRolePolicy: TRUST });
    await inChina.create({ urn: urn("aws:iam/instanceProfile:InstanceProfile"), news: { name: "host", role: "host" } });
    assert.equal(seen.find(({ action }) => action === "iam:PassRole")!.context["iam:PassedToService"], "ec2.amazonaws.com.cn");
  });

  it("that give a group a launch template need what a launch needs [A21.3]", async () => {
    const template = await create("aws:ec2/launchTemplate:LaunchTemplate", { name: "pool", instanceType: "t3.medium" });
    actions();
    await create("aws:autoscaling/group:Group", {
      name: "pool",
      minSize: 0,
      maxSize: 1,
      launchTemplate: { id: template.id, version: "1" },
    });
    const launches = seen.filter(({ action }) => action === "ec2:RunInstances").map(({ resource }) => resource.split(":").pop());
    assert.ok(launches.includes("instance/*") && launches.includes(`launch-template/${template.id}`), launches.join());
    assert.ok(actions().includes("autoscaling:CreateAutoScalingGroup"));
  });

  it("of a new security group begin with the revocation of EC2's own rule, which lets everything out [A21.4]", async () => {
    await create("aws:ec2/securityGroup:SecurityGroup", {
      name: "pool",
      vpcId: "vpc-1",
      egress: [{ protocol: "-1" }],
      tags: { team: "a" },
    });
    const ofGroup = seen.filter(({ resource }) => resource.includes(":security-group/"));
    assert.deepEqual(
      ofGroup.map(({ action, context }) => [action, context["ec2:CreateAction"] ?? ""]),
      [
        ["ec2:CreateSecurityGroup", ""],
        ["ec2:CreateTags", "CreateSecurityGroup"],
        ["ec2:RevokeSecurityGroupEgress", ""],
        ["ec2:AuthorizeSecurityGroupEgress", ""],
      ],
    );
  });
});
