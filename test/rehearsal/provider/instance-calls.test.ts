import assert from "node:assert/strict";
import { MemoryStore } from "../../../rehearsal/aws/store";
import { API_CALLS } from "../../../rehearsal/provider/api-calls";
import type { ApiCall, Change } from "../../../rehearsal/provider/api-calls/api-call";
import type { Properties } from "../../../rehearsal/provider/values";

const INSTANCE = "aws:ec2/instance:Instance";
const ATTACHMENT = "aws:ec2/volumeAttachment:VolumeAttachment";
const account = { partition: "aws", region: "eu-central-1", accountId: "123456789012" };
const TAGS = { "ci-runners:persistent-runner": "e2e" };
const STATE = {
  ami: "ami-1",
  subnetId: "subnet-1",
  vpcSecurityGroupIds: ["sg-1"],
  iamInstanceProfile: "host",
  rootBlockDevice: { volumeId: "vol-1" },
};

describe("the permissions to deploy instances of their own", () => {
  const store = new MemoryStore();
  store.put({ type: "aws:iam/instanceProfile:InstanceProfile", id: "host", state: { arn: "arn", role: "host-role" } });
  store.put({ type: INSTANCE, id: "i-1", state: { tagsAll: TAGS } });

  const calls = (type: string, kind: Change["kind"], state: Properties, changed: string[] = [], before = STATE): ApiCall[] => {
    const id = kind === "create" ? "" : "i-1";
    return API_CALLS[type]!({ kind, id, state, before, changed, tags: TAGS, tagsBefore: kind === "create" ? {} : TAGS, account, store });
  };
  const named = (found: ApiCall[]) => found.map(({ action, resource }) => `${action} ${resource.split(":").slice(5).join(":")}`).sort();

  it("of a launch are decided on all that it makes and uses, its tags and the role that EC2 gets", () => {
    assert.deepEqual(named(calls(INSTANCE, "create", STATE)), [
      "ec2:CreateTags instance/*",
      "ec2:RunInstances image/ami-1",
      "ec2:RunInstances instance/*",
      "ec2:RunInstances network-interface/*",
      "ec2:RunInstances security-group/sg-1",
      "ec2:RunInstances subnet/subnet-1",
      "ec2:RunInstances volume/*",
      "iam:PassRole role/host-role",
    ]);
    const tagging = calls(INSTANCE, "create", STATE).find(({ action }) => action === "ec2:CreateTags")!;
    assert.deepEqual(tagging.context, { "aws:RequestTag/ci-runners:persistent-runner": "e2e", "ec2:CreateAction": "RunInstances" });
  });

  it("of a volume with a customer's key include the use of the key through EC2, and of another volume none of it", () => {
    const ofKeys = (found: ApiCall[]) => found.filter(({ action }) => action.startsWith("kms:"));
    const key = "arn:aws:kms:eu-central-1:123456789012:key/0f6b2c1d-0000-4000-8000-000000000001";
    const [launched, made] = [
      calls(INSTANCE, "create", { ...STATE, rootBlockDevice: { kmsKeyId: key } }),
      calls("aws:ebs/volume:Volume", "create", { kmsKeyId: key }),
    ].map(ofKeys);
    assert.deepEqual(launched!.map(({ action }) => action).sort(), [
      "kms:CreateGrant",
      "kms:Decrypt",
      "kms:DescribeKey",
      "kms:GenerateDataKeyWithoutPlaintext",
    ]);
    for (const { resource, context } of launched!)
      assert.deepEqual([resource, context["kms:ViaService"]], [key, "ec2.eu-central-1.amazonaws.com"]);
    assert.deepEqual(made, launched);
    assert.deepEqual(ofKeys(calls(INSTANCE, "create", STATE)), []);
  });

  it("of a change that needs a stop include the stop and the start, and those of another change do not", () => {
    const stopped = ["ec2:ModifyInstanceAttribute", "ec2:StartInstances", "ec2:StopInstances"].map((action) => `${action} instance/i-1`);
    assert.deepEqual(named(calls(INSTANCE, "update", STATE, ["userData"])), stopped);
    assert.deepEqual(named(calls(INSTANCE, "update", STATE, ["disableApiTermination"])), ["ec2:ModifyInstanceAttribute instance/i-1"]);
    const grown = { ...STATE, rootBlockDevice: { volumeId: "vol-1", volumeSize: 200 } };
    assert.deepEqual(named(calls(INSTANCE, "update", grown, ["rootBlockDevice"])), ["ec2:ModifyVolume volume/vol-1"]);
    assert.deepEqual(calls(INSTANCE, "update", STATE, ["forceDestroy"]), []);
  });

  it("of a change of the root volume's tags are those to tag and untag the volume, and none to modify it", () => {
    const withTags = (tags: Record<string, string>) => ({ ...STATE, rootBlockDevice: { volumeId: "vol-1", volumeSize: 50, tags } });
    const change = (tags: Record<string, string>) =>
      calls(INSTANCE, "update", withTags(tags), ["rootBlockDevice"], withTags({ team: "a", old: "x" }));
    assert.deepEqual(named(change({ team: "b" })), ["ec2:CreateTags volume/vol-1", "ec2:DeleteTags volume/vol-1"]);
    const tagging = change({ team: "b" }).find(({ action }) => action === "ec2:CreateTags")!;
    assert.deepEqual(tagging.context, { "aws:ResourceTag/team": "a", "aws:ResourceTag/old": "x", "aws:RequestTag/team": "b" });
  });

  it("of an end take away its protection only with forceDestroy", () => {
    assert.deepEqual(named(calls(INSTANCE, "delete", STATE)), ["ec2:TerminateInstances instance/i-1"]);
    assert.deepEqual(named(calls(INSTANCE, "delete", { ...STATE, forceDestroy: true })), [
      "ec2:ModifyInstanceAttribute instance/i-1",
      "ec2:TerminateInstances instance/i-1",
    ]);
  });

  it("of an attachment are decided on the instance, with its tags, and on the volume", () => {
    const state = { instanceId: "i-1", volumeId: "vol-1", deviceName: "/dev/sdf" };
    const attach = calls(ATTACHMENT, "create", state);
    assert.deepEqual(named(attach), ["ec2:AttachVolume instance/i-1", "ec2:AttachVolume volume/vol-1"]);
    assert.deepEqual(attach[0]!.context, { "aws:ResourceTag/ci-runners:persistent-runner": "e2e" });
    assert.deepEqual(named(calls(ATTACHMENT, "delete", { ...state, stopInstanceBeforeDetaching: true })), [
      "ec2:DetachVolume instance/i-1",
      "ec2:DetachVolume volume/vol-1",
      "ec2:StopInstances instance/i-1",
    ]);
    assert.deepEqual(calls(ATTACHMENT, "delete", { ...state, skipDestroy: true }), []);
  });
});
