import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type FunctionGrants, registerPolicy } from "../../components/actions-runner-pool/policies/functions";
import { hostPolicy } from "../../components/actions-runner-pool/policies/instance";
import { OWNER_TAG, poolNames } from "../../contract/actions-runner-pool/names";
import { DeployedResolver } from "../../rehearsal/aws/autoscaling";
import { ProviderBackend } from "../../rehearsal/provider/backend";
import { FakeAutoScaling } from "../rehearsal/provider/fake-auto-scaling";
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
};

describe("the key policy in the guide for organizations, with the roles of a pool", () => {
  const filesDir = mkdtempSync(join(tmpdir(), "ci-runners-"));
  after(() => rmSync(filesDir, { recursive: true, force: true }));
  let harness: AwsHarness;
  beforeEach(async () => {
    harness = await startHarness();
    deployRole(harness.store, "register", registerPolicy(GRANTS).Statement);
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
    },
    LogsOfTheFunctions: async () => {
      const backend = new ProviderBackend({ store: harness.store, autoscaling: new FakeAutoScaling(), filesDir, account: ACCOUNT });
      const urn = "urn:pulumi:test::tiny::aws:cloudwatch/logGroup:LogGroup::register";
      const news = { name: `/aws/lambda/${names.registerFunction}`, kmsKeyId: KEY };
      await backend.create({ urn, news: backend.check({ urn, news }).inputs });
    },
    DeadLettersOfTheRules: async () =>
      assert.ok(harness.queues.sendAsService("events.amazonaws.com", RULE, QUEUE, "{}", {}), "the letter is dropped"),
    VolumesOfTheGroup: async () => assert.equal(launchFailure(), undefined),
    GrantsForVolumesOfTheGroup: async () => assert.equal(launchFailure(), undefined),
  };

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

  it("gives the pool's roles nothing but the use through the services that store its data", async () => {
    use(statements());
    const direct = { resource: KEY, context: { "kms:CallerAccount": ACCOUNT.accountId } };
    for (const roleName of ["register", "host"]) {
      const principal = { kind: "function" as const, functionName: "x", roleName };
      assert.throws(() => harness.gateway.authorise(principal, "kms:Decrypt", direct), { name: /AccessDenied/ });
    }
  });
});
