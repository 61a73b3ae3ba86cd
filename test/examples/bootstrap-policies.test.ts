import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load } from "js-yaml";
import { type Limits, optionsPolicy, readPolicy, WRITE_GROUPS, writePolicy } from "../../examples/bootstrap/policies";
import { PARTITIONS, partitionOf } from "../../contract/aws/partitions";
import { MemoryStore } from "../../rehearsal/aws/store";
import type { ApiCall } from "../../rehearsal/provider/api-calls/api-call";
import { ProviderBackend } from "../../rehearsal/provider/backend";
import { FakeAutoScaling } from "../rehearsal/provider/fake-auto-scaling";
import { ACCOUNT, type Call, DEV, decider, deployer, KEY, PROD, REGION, scope, tags } from "./bootstrap-decisions";

const ROOT = join(__dirname, "../..");
const PAGE = readFileSync(join(ROOT, "docs/getting-started.md"), "utf8").replaceAll("\n", " ");
const REGIONS: Record<string, string> = { "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1", "aws-eusc": "eusc-de-east-1" };
const SUBNET = "subnet-0a1b2c3d4e5f60001";
const iam = `arn:aws:iam::${ACCOUNT}:role`;

describe("the policies of the bootstrap example", () => {
  const filesDir = mkdtempSync(join(tmpdir(), "ci-runners-"));
  after(() => rmSync(filesDir, { recursive: true, force: true }));

  it("do not let dev put its own tag on a role or profile of prod's, after which it could change it", () => {
    const allows = deployer();
    for (const [action, resource] of [
      ["iam:TagRole", `${iam}/runners-sweep-0123456`],
      ["iam:TagInstanceProfile", `arn:aws:iam::${ACCOUNT}:instance-profile/runners-host-0123456`],
    ] as const) {
      const own = tags("Request", DEV);
      assert.ok(!allows({ action, resource, context: { ...own, ...tags("Resource", PROD) } }), `${action} on prod's`);
      assert.ok(allows({ action, resource, context: own }), `${action} in the call that creates it`);
      assert.ok(allows({ action, resource, context: { ...own, ...tags("Resource", DEV) } }), `${action} on its own`);
    }
    assert.ok(!allows({ action: "iam:PutRolePolicy", resource: `${iam}/runners-sweep-0123456`, context: tags("Resource", PROD) }));
  });

  it("cannot keep dev from passing a role of prod's to a function of its own, and the guide says so instead of the contrary", () => {
    const context = { "iam:PassedToService": "lambda.amazonaws.com" };
    assert.ok(deployer()({ action: "iam:PassRole", resource: `${iam}/runners-sweep-0123456`, context }));
    assert.match(PAGE, /the deploying role of one stack can pass a role of another stack's pool to a function or instance of its own/);
    assert.doesNotMatch(PAGE, /cannot change another stack's group, functions or roles/);
  });

  it("name the principal of EC2 in every partition, because a profile with another is refused", () => {
    for (const { id, ec2Principal } of PARTITIONS) {
      const region = REGIONS[id] ?? REGION;
      assert.equal(partitionOf(region).id, id);
      const policy = JSON.parse(JSON.stringify(writePolicy("iam", scope(region), { createsVpc: false })));
      const passed = policy.Statement.flatMap(({ Condition }: any) => Condition?.StringEquals?.["iam:PassedToService"] ?? []);
      assert.ok(passed.includes(ec2Principal) && passed.includes("lambda.amazonaws.com"), `${id}: ${passed}`);
    }
  });

  it("open functions of other pools to no one: their environment and code may hold what this stack must not read", () => {
    const allows = decider([readPolicy(scope(), { createsVpc: false })]);
    const of = (name: string) => `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`;
    for (const action of ["lambda:GetFunction", "lambda:GetFunctionConfiguration", "lambda:GetPolicy", "lambda:ListVersionsByFunction"]) {
      assert.ok(allows({ action, resource: of(`${DEV}-sweep`) }), action);
      assert.ok(!allows({ action, resource: of(`${PROD}-sweep`) }), action);
    }
    assert.ok(allows({ action: "ec2:DescribeInstanceAttribute", resource: "*" }), "then the guide need not warn of it");
    assert.match(PAGE, /the user data of the account's instances and launch templates/);
  });

  it("have each call that kmsKeyArn adds to a deployment, only with it, and the key only through S3", async () => {
    const seen: ApiCall[] = [];
    const backend = new ProviderBackend({
      store: new MemoryStore(),
      autoscaling: new FakeAutoScaling(),
      filesDir,
      account: { region: REGION, accountId: ACCOUNT },
      authorise: (call) => seen.push(call),
    });
    const urn = (type: string) => `urn:pulumi:dev::ci-runners::${type}::runners`;
    const change = async (type: string, before: Record<string, unknown>) => {
      const { id, outputs } = await backend.create({ urn: urn(type), news: before });
      const news = { ...before, kmsKeyId: KEY };
      await backend.update({ urn: urn(type), id, olds: outputs, oldInputs: before, news });
    };
    await backend.create({ urn: urn("aws:s3/bucket:Bucket"), news: { bucket: "runners-host-bundle-1" } });
    const object = { bucket: "runners-host-bundle-1", key: "host-bundles/1.tar", content: "x", serverSideEncryption: "aws:kms" };
    await change("aws:s3/bucketObjectv2:BucketObjectv2", object);
    for (const name of [`/aws/lambda/${DEV}-sweep`, `/ci-runners/${DEV}`])
      await change("aws:cloudwatch/logGroup:LogGroup", { name, retentionInDays: 7 });
    const [encrypting, plain] = [deployer({ kmsKeyArn: KEY }), deployer()];
    const refused = (allows: (call: Call) => boolean) => [...new Set(seen.filter((call) => !allows(call)).map(({ action }) => action))];
    assert.deepEqual(refused(encrypting), []);
    assert.deepEqual(refused(plain).sort(), ["kms:Decrypt", "kms:GenerateDataKey", "logs:AssociateKmsKey", "logs:DisassociateKmsKey"]);
    assert.ok(!encrypting({ action: "kms:Decrypt", resource: KEY }), "a call of its own on the key");
  });

  it("let dev create its log groups by the ARN that IAM decides on, which ends like a stream's, and no pool's with a longer name [A21.10]", () => {
    const allows = deployer({ kmsKeyArn: KEY });
    const group = (name: string) => `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${name}`;
    for (const action of ["CreateLogGroup", "PutRetentionPolicy", "AssociateKmsKey", "DisassociateKmsKey", "DeleteLogGroup"])
      for (const [name, allowed] of [
        [`/aws/lambda/${DEV}-sweep`, true],
        [`/ci-runners/${DEV}`, true],
        [`/ci-runners/${DEV}-2`, false],
        [`/ci-runners/${PROD}`, false],
      ] as const)
        assert.equal(allows({ action: `logs:${action}`, resource: `${group(name)}:log-stream:` }), allowed, `${action} ${name}`);
    assert.ok(allows({ action: "logs:TagResource", resource: group(`/ci-runners/${DEV}`) }), "which IAM decides without that end");
  });

  it("have each call that demand adds to a deployment, only with it, and on no other stack's resources", async () => {
    const seen: ApiCall[] = [];
    const backend = new ProviderBackend({
      store: new MemoryStore(),
      autoscaling: new FakeAutoScaling(),
      filesDir,
      account: { region: REGION, accountId: ACCOUNT },
      authorise: (call) => seen.push(call),
    });
    const deployed = async (type: string, news: Record<string, unknown>) => {
      const urn = `urn:pulumi:dev::ci-runners::${type}::runners`;
      const { id, outputs } = await backend.create({ urn, news });
      await backend.delete({ urn, id, olds: outputs });
    };
    const own = { "ci-runners:workflow-jobs": `${DEV}-jobs` };
    const key = (name: string) => ({ name, type: "S" });
    await deployed("aws:dynamodb/table:Table", {
      name: `${DEV}-jobs`,
      billingMode: "PAY_PER_REQUEST",
      hashKey: "pk",
      attributes: [key("pk")],
      ttl: { attributeName: "expiresAt", enabled: true },
      pointInTimeRecovery: { enabled: true },
      serverSideEncryption: { enabled: true, kmsKeyArn: KEY },
      tags: own,
    });
    await deployed("aws:cloudwatch/dashboard:Dashboard", { dashboardName: DEV, dashboardBody: '{"widgets":[]}' });
    const assumeRolePolicy = JSON.stringify({ Version: "2012-10-17", Statement: [] });
    await deployed("aws:iam/role:Role", { name: "runners-jobs-webhook-0123456", assumeRolePolicy, tags: own });
    const webhook = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${DEV}-jobs-webhook`;
    for (const action of ["CreateFunctionUrlConfig", "DeleteFunctionUrlConfig"]) {
      seen.push({ action: `lambda:${action}`, resource: webhook, context: {} });
    }
    assert.ok(seen.length > 10, `${seen.length} calls`);
    const [allows, without] = [deployer({ demand: true, kmsKeyArn: KEY }), deployer({ kmsKeyArn: KEY })];
    const writes = seen.filter(({ action }) => !/:(Describe|Get|List)/.test(action));
    assert.deepEqual(
      seen.filter((call) => !allows(call)).map(({ action, resource }) => `${action} ${resource}`),
      [],
    );
    assert.deepEqual(
      writes.filter(without).map(({ action }) => action),
      [],
      "without demand a role has none of these",
    );
    for (const { action, resource, context } of writes.filter(({ resource }) => resource !== KEY)) {
      const others = Object.fromEntries(Object.entries(context ?? {}).map(([name, value]) => [name, value.replace(DEV, PROD)]));
      assert.ok(!allows({ action, resource: resource.replace(DEV, PROD), context: others }), `${action} on prod's`);
    }
  });

  it("fit into a managed policy each, with every limit set: 6,144 characters", () => {
    const own: Limits = {
      createsVpc: true,
      demand: true,
      machine: true,
      kmsKeyArn: KEY,
      permissionsBoundaryArn: `arn:aws:iam::${ACCOUNT}:policy/an-organizations-boundary-of-roles`,
      functionSubnetIds: [SUBNET, SUBNET, SUBNET],
      imageParameter: "/example-org/images/runner",
    };
    const longest = { ...scope("us-gov-west-1"), pool: `ci-runners-sandbox-${"r".repeat(20)}` };
    const documents = {
      ...Object.fromEntries(WRITE_GROUPS.map((group) => [group, writePolicy(group, longest, own)])),
      options: optionsPolicy(longest, own),
      reads: readPolicy(longest, own),
    };
    for (const [name, document] of Object.entries(documents)) {
      const { length } = JSON.stringify(document);
      assert.ok(length <= 6144, `${name}: ${length} characters`);
    }
  });

  it("let a destroy remove the interfaces that functions in a VPC leave, in their subnets only", () => {
    const subnet = (id: string) => ({ "ec2:Subnet": `arn:aws:ec2:${REGION}:${ACCOUNT}:subnet/${id}` });
    const remove = (id: string) => ({
      action: "ec2:DeleteNetworkInterface",
      resource: `arn:aws:ec2:${REGION}:${ACCOUNT}:network-interface/eni-1`,
      context: subnet(id),
    });
    const allows = deployer({ functionSubnetIds: [SUBNET] });
    assert.deepEqual(
      [allows(remove(SUBNET)), allows(remove("subnet-0f6e5d4c3b2a10001")), deployer()(remove(SUBNET))],
      [true, false, false],
    );
  });
});

describe("the sample configuration of the bootstrap", () => {
  const config = (file: string): Record<string, any> => (load(readFileSync(join(ROOT, file), "utf8")) as any).config;
  const bootstrap = config("examples/bootstrap/Pulumi.account.yaml");

  it("agrees with the stacks' own configuration: a role without a parameter's right fails the first preview", () => {
    const stacks: Record<string, any>[] = bootstrap["ci-runners-bootstrap:stacks"];
    assert.deepEqual(stacks.map(({ name }) => name).sort(), ["dev", "prod", "sandbox"]);
    for (const { name, ...given } of stacks) {
      const own = config(`Pulumi.${name}.yaml`);
      const get = (key: string) => own[`ci-runners:${key}`];
      const expected = {
        createsVpc: get("subnetIds") === undefined ? true : undefined,
        imageParameter: get("imageParameter"),
        permissionsBoundaryArn: get("permissionsBoundaryArn"),
        kmsKeyArn: get("kmsKeyArn"),
        functionSubnetIds: get("functions")?.subnetIds,
        demand: get("demand") !== undefined || get("workflowJobs") !== undefined ? true : undefined,
        machine: get("persistentRunner") !== undefined ? true : undefined,
      };
      assert.deepEqual(given, Object.fromEntries(Object.entries(expected).filter(([, value]) => value !== undefined)), name);
      assert.equal(bootstrap["aws:region"], own["aws:region"], name);
    }
  });
});
