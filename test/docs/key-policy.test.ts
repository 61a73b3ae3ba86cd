import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import {
  type FunctionGrants,
  deregisterPolicy,
  registerPolicy,
  sweepPolicy,
} from "../../components/actions-runner-pool/policies/functions";
import { hostPolicy } from "../../components/actions-runner-pool/policies/instance";
import { scalePolicy } from "../../components/actions-runner-pool/policies/scale";
import type { PolicyDocument } from "../../components/shared/policy";
import { reconcilePolicy, setupPolicy, webhookPolicy } from "../../components/workflow-jobs/policies/functions";
import { poolNames } from "../../contract/actions-runner-pool/names";
import { OWNER_TAG } from "../../contract/shared/owned-secret";
import { SOURCE_KEY, jobKey } from "../../contract/workflow-jobs/ledger";
import { workflowJobsNames } from "../../contract/workflow-jobs/names";
import { DeployedResolver } from "../../rehearsal/aws/autoscaling";
import { ProviderBackend } from "../../rehearsal/provider/backend";
import { FakeAutoScaling } from "../rehearsal/provider/fake-auto-scaling";
import { TABLE_ARN, deployTable } from "../rehearsal/aws/dynamodb/table";
import { ACCOUNT, type AwsHarness, deployRole, document, startHarness } from "../rehearsal/aws/harness";

const PAGE = readFileSync(resolve(__dirname, "../../docs/organizations.md"), "utf8");
const KEY = "arn:aws:kms:eu-central-1:123456789012:key/0f6b2c1d-0000-4000-8000-000000000001";
const POOL = "pool";
const names = poolNames(POOL);
const environment = { ...ACCOUNT, partition: "aws" };
const QUEUE = "arn:aws:sqs:eu-central-1:123456789012:pool-dead-letters";
const RULE = "arn:aws:events:eu-central-1:123456789012:rule/pool-launching";
const LAUNCH_TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate";

/** The statements of the page's policy, with an account's own names. */
function statements(): { Sid: string }[] {
  const [, json = ""] = /```json\n([\s\S]*?)```/.exec(PAGE) ?? [];
  return JSON.parse(json.replaceAll("ACCOUNT", ACCOUNT.accountId).replaceAll("REGION", ACCOUNT.region).replaceAll("POOL", POOL)).Statement;
}

const GRANTS: FunctionGrants = {
  environment,
  names,
  poolName: POOL,
  githubSecretArn: "arn:aws:secretsmanager:eu-central-1:123456789012:secret:github-AbCdEf",
  kmsKeyArn: KEY,
  deadLetterQueueArn: QUEUE,
  bundleBucketArn: "arn:aws:s3:::bundles",
  hostLogs: true,
};

const SECRET_KEY = "arn:aws:kms:eu-central-1:123456789012:key/0f6b2c1d-0000-4000-8000-000000000002";
const JOBS = workflowJobsNames("ledger");
const SOURCE_GRANTS = { ...GRANTS, names: JOBS };
const SCALE_GRANTS = { ...GRANTS, tableArn: TABLE_ARN, tableKmsKeyArn: KEY };

/** The policy of each role that may use a key, by the name that the page gives it. */
const POLICIES: Record<string, PolicyDocument> = {
  register: registerPolicy({ ...GRANTS, secretKmsKeyArn: SECRET_KEY }),
  deregister: deregisterPolicy({ ...GRANTS, secretKmsKeyArn: SECRET_KEY }),
  sweep: sweepPolicy({ ...GRANTS, secretKmsKeyArn: SECRET_KEY }),
  scale: scalePolicy(SCALE_GRANTS),
  webhook: webhookPolicy({ ...SOURCE_GRANTS, secretKmsKeyArn: SECRET_KEY }),
  reconcile: reconcilePolicy({ ...SOURCE_GRANTS, secretKmsKeyArn: SECRET_KEY }),
  setup: setupPolicy({ ...SOURCE_GRANTS, secretKmsKeyArn: SECRET_KEY }),
  "the instances": hostPolicy(environment, names, "arn:aws:s3:::bundles", KEY),
};
const SERVICES: Record<string, string> = { "Secrets Manager": "secretsmanager", SQS: "sqs", DynamoDB: "dynamodb", S3: "s3" };

/** What the page's table says of the roles: role, action, service, and which key. */
function documentedUses(): string[] {
  const rows = [...PAGE.matchAll(/^\| ([^|]+) \| (`kms:[^|]+) \| ([^|]+) \|$/gm)];
  return rows.flatMap(([, roles = "", what = "", through = ""]) => {
    const actions = [...what.matchAll(/`(kms:\w+)`/g)].map(([, action]) => action!);
    const key = what.includes("github.secretKmsKeyArn") ? SECRET_KEY : KEY;
    const services = Object.keys(SERVICES).filter((name) => through.includes(name));
    return roles
      .split(", ")
      .flatMap((role) => services.flatMap((service) => actions.map((action) => `${role} ${action} ${SERVICES[service]} ${key}`)));
  });
}

function grantedUses(): string[] {
  return Object.entries(POLICIES).flatMap(([role, { Statement }]) =>
    Statement.flatMap(({ Action, Resource, Condition }) => {
      const via = String((Condition as any)?.StringEquals?.["kms:ViaService"]).split(".")[0];
      // The webhook's secret alone, with any key: which it is, a condition decides.
      const key = String(Resource).endsWith(":*:key/*") ? KEY : Resource;
      return Action.filter((action) => action.startsWith("kms:")).map((action) => `${role} ${action} ${via} ${key}`);
    }),
  );
}

describe("the key policy in the guide for organizations, with the roles of a pool", () => {
  const filesDir = mkdtempSync(join(tmpdir(), "ci-runners-"));
  after(() => rmSync(filesDir, { recursive: true, force: true }));
  let harness: AwsHarness;
  beforeEach(async () => {
    harness = await startHarness();
    deployRole(harness.store, "register", registerPolicy(GRANTS).Statement);
    for (const role of ["scale", "webhook", "reconcile", "setup"]) deployRole(harness.store, role, POLICIES[role]!.Statement);
    deployTable(harness.store, { serverSideEncryption: { enabled: true, kmsKeyArn: KEY } });
    deployRole(harness.store, "host", hostPolicy(environment, names, "arn:aws:s3:::bundles", KEY).Statement, "ec2.amazonaws.com");
  });
  afterEach(() => harness.end());

  const use = (kept: readonly object[]) =>
    harness.store.put({ type: "aws:kms/key:Key", id: "customers", state: { arn: KEY, isEnabled: true, policy: document([...kept]) } });

  /** What a pool does with its key, by the statement that allows it. */
  const USES: Record<string, () => Promise<unknown>> = {
    Account: async () => {
      const register = { kind: "function" as const, functionName: names.registerFunction, roleName: "register" };
      const Tags = [{ Key: OWNER_TAG, Value: "AROAHOST:i-0123456789abcdef0" }];
      const Name = `${names.secretPrefix}i-0123456789abcdef0`;
      await harness.gateway.call(register, "secretsmanager:CreateSecret", { Name, SecretString: "token", Tags, KmsKeyId: KEY });
      const host = { kind: "instance" as const, instanceId: "i-0123456789abcdef0", roleName: "host" };
      const { SecretString } = await harness.gateway.call(host, "secretsmanager:GetSecretValue", { SecretId: Name });
      assert.equal(SecretString, "token");
      await harness.gateway.call(register, "sqs:SendMessage", { QueueArn: QUEUE, MessageBody: "{}" });
      await useSource();
    },
    LogsOfTheFunctions: async () => {
      const backend = new ProviderBackend({ store: harness.store, autoscaling: new FakeAutoScaling(), filesDir, account: ACCOUNT });
      const urn = "urn:pulumi:test::tiny::aws:cloudwatch/logGroup:LogGroup::register";
      for (const name of [`/aws/lambda/${names.registerFunction}`, names.hostLogGroup]) {
        const news = { name, kmsKeyId: KEY };
        await backend.create({ urn, news: backend.check({ urn, news }).inputs });
      }
    },
    DeadLettersOfTheRules: async () =>
      assert.ok(harness.queues.sendAsService("events.amazonaws.com", RULE, QUEUE, "{}", {}), "the letter is dropped"),
    VolumesOfTheGroup: async () => assert.equal(launchFailure(), undefined),
    GrantsForVolumesOfTheGroup: async () => assert.equal(launchFailure(), undefined),
  };

  const run = (roleName: string, operation: string, params: object) =>
    harness.gateway.call({ kind: "function", functionName: roleName, roleName }, operation, { ...params });

  /** As the functions of a source and a scaler do: the webhook's secret, the ledger, dead letters. */
  async function useSource(): Promise<void> {
    const Name = JOBS.webhookSecret;
    await run("setup", "secretsmanager:CreateSecret", { Name, SecretString: "{}", KmsKeyId: KEY, Tags: [{ Key: "team", Value: "a" }] });
    assert.equal((await run("webhook", "secretsmanager:GetSecretValue", { SecretId: Name })).SecretString, "{}");
    const key = ({ pk, sk }: { pk: string; sk: string }) => ({ pk: { S: pk }, sk: { S: sk } });
    const set = (name: string) => ({
      TableName: JOBS.table,
      UpdateExpression: `SET ${name} = :v`,
      ExpressionAttributeValues: { ":v": { S: "1" } },
    });
    await run("webhook", "dynamodb:UpdateItem", { ...set("repository"), Key: key(jobKey(1)) });
    await run("reconcile", "dynamodb:UpdateItem", { ...set("reconciledAt"), Key: key(SOURCE_KEY) });
    await run("scale", "dynamodb:UpdateItem", { ...set("cause"), Key: key(jobKey(1)) });
    for (const role of ["scale", "webhook", "reconcile", "setup"])
      await run(role, "sqs:SendMessage", { QueueArn: QUEUE, MessageBody: "{}" });
  }

  function launchFailure(): string | undefined {
    const blockDeviceMappings = [{ deviceName: "/dev/sda1", ebs: { encrypted: "true", kmsKeyId: KEY } }];
    const state = { name: "t", latestVersion: 1, defaultVersion: 1, blockDeviceMappings, instanceType: "m7i.large" };
    harness.store.put({ type: LAUNCH_TEMPLATE, id: "lt-1", state });
    return new DeployedResolver(harness.store, ACCOUNT).template({ id: "lt-1" }).launchFailure;
  }

  beforeEach(() => {
    const Condition = { ArnEquals: { "aws:SourceArn": RULE } };
    const admitted = {
      Effect: "Allow",
      Principal: { Service: "events.amazonaws.com" },
      Action: "sqs:SendMessage",
      Resource: QUEUE,
      Condition,
    };
    harness.store.put({
      type: "aws:sqs/queue:Queue",
      id: "https://sqs/pool-dead-letters",
      state: { arn: QUEUE, kmsMasterKeyId: KEY, policy: document([admitted]) },
    });
  });

  it("is enough for everything that a pool does with its key [A17.2, A17.3]", async () => {
    use(statements());
    for (const work of Object.values(USES)) await work();
    assert.deepEqual(harness.denied(), []);
  });

  for (const { Sid } of statements()) {
    it(`breaks the pool without the statement ${Sid}, so that none is there for nothing [A17.2, A17.3]`, async () => {
      const work = USES[Sid];
      assert.ok(work, `no use is known for the statement ${Sid}`);
      use(statements().filter((statement) => statement.Sid !== Sid));
      const refusals: Record<string, RegExp> = {
        Account: /Access to KMS is not allowed/,
        LogsOfTheFunctions:
          /The specified KMS key does not exist or is not allowed to be used with Arn 'arn:aws:logs:eu-central-1:123456789012:log-group:\/aws\/lambda\/pool-register'/,
        DeadLettersOfTheRules: /the letter is dropped/,
      };
      await assert.rejects(work(), refusals[Sid] ?? /Client\.InternalError: Client error on launch/);
    });
  }

  it("says of each role what its policy allows with a key and through which service, and of no role more", () => {
    assert.deepEqual([...new Set(documentedUses())].sort(), [...new Set(grantedUses())].sort());
  });

  it("gives the pool's roles nothing but the use through the services that store its data", async () => {
    use(statements());
    const direct = { resource: KEY, context: { "kms:CallerAccount": ACCOUNT.accountId } };
    for (const roleName of ["register", "host", "scale", "webhook", "reconcile", "setup"]) {
      const principal = { kind: "function" as const, functionName: "x", roleName };
      assert.throws(() => harness.gateway.authorise(principal, "kms:Decrypt", direct), { name: /AccessDenied/ });
    }
  });
});
