import assert from "node:assert/strict";
import { RealClock } from "../../../../rehearsal/clock";
import type { Principal, Shape } from "../../../../rehearsal/aws/api";
import { AwsGateway } from "../../../../rehearsal/aws/gateway";
import { Iam } from "../../../../rehearsal/aws/iam/iam";
import { KmsKeys } from "../../../../rehearsal/aws/kms/keys";
import { SecretsManager } from "../../../../rehearsal/aws/secrets/secrets-manager";
import { MemoryStore } from "../../../../rehearsal/aws/store";
import { Random } from "../../../../rehearsal/random";
import { Timeline } from "../../../../rehearsal/timeline";
import { deployRole, ACCOUNT } from "../harness";

const OWNER = "ci-runners:owner";
const DAY = 24 * 3600_000;

class ManualClock extends RealClock {
  time = 0;
  override now(): number {
    return this.time;
  }
}

describe("Secrets Manager", () => {
  let clock: ManualClock;
  let secrets: SecretsManager;
  let gateway: AwsGateway;
  let store: MemoryStore;
  const operator: Principal = { kind: "operator" };
  const host = (instanceId: string): Principal => ({ kind: "instance", instanceId, roleName: "host" });
  const call = (operation: string, params: Shape, principal: Principal = operator) =>
    gateway.call(principal, `secretsmanager:${operation}`, params);

  beforeEach(() => {
    clock = new ManualClock();
    store = new MemoryStore();
    const iam = new Iam(store, ACCOUNT);
    secrets = new SecretsManager(clock, new Random(1), ACCOUNT, new KmsKeys(store, iam, ACCOUNT));
    gateway = new AwsGateway({ clock, timeline: new Timeline(() => clock.now()), iam });
    gateway.register(secrets);
    const Resource = `arn:aws:secretsmanager:*:*:secret:ci-runners/p/*`;
    const Condition = { StringEquals: { [`aws:ResourceTag/${OWNER}`]: "${aws:userid}" } };
    deployRole(store, "host", [
      { Effect: "Allow", Action: ["secretsmanager:GetSecretValue", "secretsmanager:DeleteSecret"], Resource, Condition },
    ]);
    deployRole(store, "register", [{ Effect: "Allow", Action: "secretsmanager:CreateSecret", Resource }]);
  });

  const token = (instance: string): Shape => ({
    Name: `ci-runners/p/${instance}`,
    SecretString: instance,
    Tags: [{ Key: OWNER, Value: `AROAHOST:${instance}` }],
  });

  it("must return a token to its own instance only", async () => {
    await call("CreateSecret", token("i-1"));
    assert.equal((await call("GetSecretValue", { SecretId: "ci-runners/p/i-1" }, host("i-1")))["SecretString"], "i-1");
    await assert.rejects(call("GetSecretValue", { SecretId: "ci-runners/p/i-1" }, host("i-2")), { name: "AccessDeniedException" });
    assert.equal(gateway.denied().length, 1);
  });

  it("must deny access to a token that does not exist yet, as IAM does by tag, without recording a denial by the policy [A14.1]", async () => {
    await assert.rejects(call("GetSecretValue", { SecretId: "ci-runners/p/i-1" }, host("i-1")), { name: "AccessDeniedException" });
    assert.deepEqual(gateway.denied(), []);
    await assert.rejects(call("GetSecretValue", { SecretId: "other/i-1" }, host("i-1")), { name: "AccessDeniedException" });
    assert.equal(gateway.denied().length, 1);
  });

  it("must require TagResource to create a secret with tags", async () => {
    const register: Principal = { kind: "function", functionName: "register", roleName: "register" };
    await assert.rejects(call("CreateSecret", token("i-1"), register), /not authorized to perform: secretsmanager:TagResource/);
    await call("CreateSecret", { Name: "ci-runners/p/i-1", SecretString: "x" }, register);
  });

  it("must decide by the tags of a secret and of the request who may change them, and by the new ones who may read it [A14.6]", async () => {
    const Resource = "arn:aws:secretsmanager:*:*:secret:ci-runners/p/*";
    const tagging = { Effect: "Allow", Action: "secretsmanager:TagResource", Resource };
    deployRole(store, "control", [tagging]);
    deployRole(store, "own", [{ ...tagging, Condition: { StringEquals: { "aws:ResourceTag/team": "build" } } }]);
    deployRole(store, "few", [{ ...tagging, Condition: { StringEquals: { [`aws:RequestTag/${OWNER}`]: "AROAHOST:i-1" } } }]);
    const by = (roleName: string): Principal => ({ kind: "function", functionName: roleName, roleName });
    const retag = (Key: string, Value: string, principal: Principal) =>
      call("TagResource", { SecretId: "ci-runners/p/i-1", Tags: [{ Key, Value }] }, principal);
    const denied = { name: "AccessDeniedException" };
    await call("CreateSecret", token("i-1"));
    await assert.rejects(retag(OWNER, "AROAHOST:i-2", by("register")), denied, "without the permission, also to replace the value alone");
    await assert.rejects(retag(OWNER, "AROAHOST:i-2", by("few")), denied);
    await assert.rejects(retag("team", "build", by("own")), denied, "by a tag that it does not have yet");
    await retag("team", "build", by("control"));
    await retag("stage", "test", by("own"));
    await assert.rejects(retag("team", "other", by("own")), denied, "it would lose the permission");
    await retag(OWNER, "AROAHOST:i-2", by("control"));
    await assert.rejects(call("GetSecretValue", { SecretId: "ci-runners/p/i-1" }, host("i-1")), denied);
    assert.equal((await call("GetSecretValue", { SecretId: "ci-runners/p/i-1" }, host("i-2")))["SecretString"], "i-1");
  });

  it("must limit the number and the length of tags, those of later calls included [A15.7]", async () => {
    const tags = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => ({ Key: `tag${from + n}`, Value: "x" }));
    await assert.rejects(call("CreateSecret", { Name: "more", Tags: tags(0, 51) }), { name: "LimitExceededException" });
    await assert.rejects(call("CreateSecret", { Name: "long", Tags: [{ Key: "k", Value: "v".repeat(257) }] }), {
      name: "InvalidParameterException",
      message: /'tags\.1\.member\.value' .*length less than or equal to 256$/,
    });
    await call("CreateSecret", { Name: "fifty", Tags: tags(0, 49) });
    await call("TagResource", { SecretId: "fifty", Tags: tags(48, 50) });
    await assert.rejects(call("TagResource", { SecretId: "fifty", Tags: tags(50, 51) }), { name: "LimitExceededException" });
    const described = await call("DescribeSecret", { SecretId: "fifty" });
    assert.equal((described["Tags"] as unknown[]).length, 50);
    assert.deepEqual(secrets.names(), ["fifty"]);
  });

  it("must reject a second secret of the same name, so that a duplicate event is detected", async () => {
    await call("CreateSecret", token("i-1"));
    await assert.rejects(call("CreateSecret", token("i-1")), {
      name: "ResourceExistsException",
      message: "The operation failed because the secret ci-runners/p/i-1 already exists.",
    });
    await call("PutSecretValue", { SecretId: "ci-runners/p/i-1", SecretString: "new" });
    assert.equal((await call("GetSecretValue", { SecretId: "ci-runners/p/i-1" }))["SecretString"], "new");
    assert.equal((await call("GetSecretValue", { SecretId: "ci-runners/p/i-1", VersionStage: "AWSPREVIOUS" }))["SecretString"], "i-1");
  });

  it("must keep a name taken while a scheduled deletion is pending, and for seconds after a forced deletion [A14.3]", async () => {
    await call("CreateSecret", token("i-1"));
    await call("DeleteSecret", { SecretId: "ci-runners/p/i-1", RecoveryWindowInDays: 7 });
    await assert.rejects(call("GetSecretValue", { SecretId: "ci-runners/p/i-1" }), { name: "InvalidRequestException" });
    await assert.rejects(call("CreateSecret", token("i-1")), {
      name: "InvalidRequestException",
      message: /already scheduled for deletion/,
    });
    assert.deepEqual((await call("ListSecrets", {}))["SecretList"], []);
    assert.deepEqual(secrets.names(), ["ci-runners/p/i-1"], "leftovers include secrets that are scheduled for deletion");
    clock.time = 7 * DAY;
    await call("CreateSecret", token("i-1"));
    await call("DeleteSecret", { SecretId: "ci-runners/p/i-1", ForceDeleteWithoutRecovery: true });
    assert.deepEqual(secrets.names(), []);
    await assert.rejects(call("CreateSecret", token("i-1")), {
      name: "InvalidRequestException",
      message: "You can't create this secret because a secret with this name is already scheduled for deletion.",
    });
    assert.deepEqual(secrets.names(), [], "a name that is still blocked is no leftover");
    clock.time += 3_000;
    await call("CreateSecret", token("i-1"));
  });

  it("ends each of several pending deletions at its own time", async () => {
    for (const id of ["i-1", "i-2", "i-3"]) await call("CreateSecret", token(id));
    await call("DeleteSecret", { SecretId: "ci-runners/p/i-1", RecoveryWindowInDays: 8 });
    await call("DeleteSecret", { SecretId: "ci-runners/p/i-2", RecoveryWindowInDays: 7 });
    await call("DeleteSecret", { SecretId: "ci-runners/p/i-3", ForceDeleteWithoutRecovery: true });
    const left: string[][] = [];
    for (const time of [3_000, 7 * DAY, 8 * DAY]) {
      clock.time = time;
      left.push(secrets.names());
    }
    assert.deepEqual(left, [["ci-runners/p/i-1", "ci-runners/p/i-2"], ["ci-runners/p/i-1"], []]);
    for (const id of ["i-1", "i-2", "i-3"]) await call("CreateSecret", token(id));
  });

  it("must allow a forced deletion to be repeated, as if the secret had existed, and reject contradictory parameters [A14.2]", async () => {
    const repeated = await call("DeleteSecret", { SecretId: "none", ForceDeleteWithoutRecovery: true });
    assert.equal(repeated["Name"], "none");
    await call("CreateSecret", { Name: "none", SecretString: "x" });
    await call("DeleteSecret", { SecretId: "none", ForceDeleteWithoutRecovery: true });
    await assert.rejects(call("DeleteSecret", { SecretId: "none", ForceDeleteWithoutRecovery: true }, host("i-1")), {
      name: "AccessDeniedException",
    });
    await assert.rejects(call("DeleteSecret", { SecretId: "none" }), { name: "ResourceNotFoundException" });
    await assert.rejects(call("DeleteSecret", { SecretId: "none", ForceDeleteWithoutRecovery: true, RecoveryWindowInDays: 7 }), {
      name: "InvalidParameterException",
    });
  });

  it("must list by prefix and in pages without skipping or repeating", async () => {
    for (const instance of ["i-1", "i-2", "i-3"]) await call("CreateSecret", token(instance));
    await call("CreateSecret", { Name: "other", SecretString: "x" });
    const names: string[] = [];
    let NextToken: unknown;
    do {
      const page = await call("ListSecrets", { MaxResults: 2, NextToken, Filters: [{ Key: "name", Values: ["ci-runners/p/"] }] });
      names.push(...(page["SecretList"] as { Name: string }[]).map(({ Name }) => Name));
      NextToken = page["NextToken"];
    } while (NextToken);
    assert.deepEqual(names, ["ci-runners/p/i-1", "ci-runners/p/i-2", "ci-runners/p/i-3"]);
  });

  it("must deny what a policy allows on an ARN without its six random characters, although the secret is found by it [A14.4]", async () => {
    const bare = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:github-app/key";
    const arn = secrets.seed({ arn: bare, value: "key" });
    assert.match(arn, /:secret:github-app\/key-[A-Za-z0-9]{6}$/);
    assert.equal((await call("GetSecretValue", { SecretId: bare }))["SecretString"], "key");
    const reader = (Resource: string): Principal => {
      deployRole(store, "reader", [{ Effect: "Allow", Action: "secretsmanager:GetSecretValue", Resource }]);
      return { kind: "function", functionName: "reader", roleName: "reader" };
    };
    await assert.rejects(call("GetSecretValue", { SecretId: bare }, reader(bare)), { name: "AccessDeniedException" });
    assert.deepEqual(
      gateway.denied().map(({ resource }) => resource),
      [arn],
    );
    for (const enough of [arn, `${bare}-??????`]) {
      assert.equal((await call("GetSecretValue", { SecretId: bare }, reader(enough)))["SecretString"], "key", enough);
    }
  });

  for (const word of ["secret", "github", "runner", "GITHUB", "Github", "202611"]) {
    it(`must not take -${word} at the end of a bare ARN for the random characters of the secret [A14.4, A14.5]`, async () => {
      const bare = `arn:aws:secretsmanager:eu-central-1:123456789012:secret:ci-${word}`;
      const arn = secrets.seed({ arn: bare, value: "key" });
      assert.match(arn, new RegExp(`:secret:ci-${word}-[A-Za-z0-9]{6}$`));
      assert.equal((await call("GetSecretValue", { SecretId: `ci-${word}` }))["ARN"], arn);
      assert.equal((await call("GetSecretValue", { SecretId: arn }))["ARN"], arn);
      await assert.rejects(call("GetSecretValue", { SecretId: bare }), { name: "ResourceNotFoundException" });
      deployRole(store, "reader", [{ Effect: "Allow", Action: "secretsmanager:GetSecretValue", Resource: bare }]);
      const reader: Principal = { kind: "function", functionName: "reader", roleName: "reader" };
      await assert.rejects(call("GetSecretValue", { SecretId: arn }, reader), { name: "AccessDeniedException" });
    });
  }

  it("must find a seeded secret by the exact ARN in the configuration", async () => {
    const arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:github-app-key-AbCdEf";
    secrets.seed({ arn, value: "key" });
    assert.equal((await call("GetSecretValue", { SecretId: arn }))["SecretString"], "key");
    assert.equal((await call("GetSecretValue", { SecretId: "github-app-key" }))["ARN"], arn);
  });
});
