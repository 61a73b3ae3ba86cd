import assert from "node:assert/strict";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { AssumeRoleWithWebIdentityCommand, STSClient } from "@aws-sdk/nested-clients/sts";
import { RealClock } from "../../../../rehearsal/clock";
import { GitHub, type WorkflowIdentity } from "../../../../rehearsal/github";
import { forgedTokens } from "../../../support/forged-tokens";
import { ACCOUNT, type AwsHarness, deployRole, document, startHarness } from "../harness";

const HOST = "token.actions.githubusercontent.com";
const PROVIDER = `arn:aws:iam::${ACCOUNT.accountId}:oidc-provider/${HOST}`;
const AUDIENCE = "sts.amazonaws.com";
const JOB: WorkflowIdentity = {
  repository: "octo-org/app",
  run: { id: 17_000_000_001, number: 7, attempt: 1 },
  workflow: "e2e",
  runner: "github-hosted",
  event: "push",
  ref: "refs/heads/main",
  sha: "0123456789abcdef0123456789abcdef01234567",
};

/** Hours by which its time is ahead. */
class ShiftedClock extends RealClock {
  hours = 0;
  override now(): number {
    return super.now() + this.hours * 3_600_000;
  }
}

describe("STS in the AWS stand-in, by the AWS SDK's own client", () => {
  let harness: AwsHarness;
  let github: GitHub;
  let clock: ShiftedClock;

  before(async () => {
    github = new GitHub();
    clock = new ShiftedClock();
    harness = await startHarness({ clock, readDocument: (url) => github.document(url) });
    deployWorkflowRole("runner", { [`${HOST}:aud`]: AUDIENCE, [`${HOST}:sub`]: "repo:octo-org/app:ref:refs/heads/main" });
    deployProvider(`https://${HOST}`, [AUDIENCE]);
  });
  after(async () => {
    await harness.end();
    github.close();
  });
  afterEach(() => {
    clock.hours = 0;
    assert.deepEqual(harness.defects, []);
  });

  function deployProvider(url: string, clientIdLists: string[]): void {
    const arn = `arn:aws:iam::${ACCOUNT.accountId}:oidc-provider/${url.replace("https://", "")}`;
    harness.store.put({ type: "aws:iam/openIdConnectProvider:OpenIdConnectProvider", id: arn, state: { arn, url, clientIdLists } });
  }

  function deployWorkflowRole(name: string, StringEquals: Record<string, unknown>, more: object = {}): void {
    deployRole(harness.store, name, [{ Effect: "Allow", Action: "secretsmanager:GetSecretValue", Resource: "*" }]);
    const role = harness.store.get("aws:iam/role:Role", name)!;
    const statement = {
      Effect: "Allow",
      Action: "sts:AssumeRoleWithWebIdentity",
      Principal: { Federated: PROVIDER },
      Condition: { StringEquals },
    };
    harness.store.put({ ...role, state: { ...role.state, ...more, assumeRolePolicy: document([statement]) } });
  }

  const client = (maxAttempts = 1) => ({ region: ACCOUNT.region, endpoint: `http://127.0.0.1:${harness.front.httpPort}`, maxAttempts });
  const assume = (WebIdentityToken: string, more: object = {}, attempts = 1) =>
    new STSClient(client(attempts)).send(
      new AssumeRoleWithWebIdentityCommand({ RoleArn: roleArn("runner"), RoleSessionName: "e2e-1", WebIdentityToken, ...more }),
    );
  const refusal = async (token: string, more: object = {}, attempts = 1) => {
    const error = (await assume(token, more, attempts).then(
      () => assert.fail("must be refused"),
      (reason: unknown) => reason,
    )) as Error & { $metadata: { httpStatusCode: number } };
    return [error.name, error.message, error.$metadata.httpStatusCode];
  };

  it("gives a workflow whose token the role trusts credentials of that role, for an hour, and for nothing but its policy [A25.1, A25.6]", async () => {
    const result = await assume(github.workflowTokens.token(JOB, AUDIENCE));
    assert.deepEqual(result.AssumedRoleUser, {
      AssumedRoleId: "AROARUNNER:e2e-1",
      Arn: `arn:aws:sts::${ACCOUNT.accountId}:assumed-role/runner/e2e-1`,
    });
    assert.deepEqual(
      [result.SubjectFromWebIdentityToken, result.Audience, result.Provider],
      ["repo:octo-org/app:ref:refs/heads/main", AUDIENCE, PROVIDER],
    );
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = result.Credentials!;
    const minutes = (Expiration!.getTime() - Date.now()) / 60_000;
    assert.ok(minutes > 59 && minutes <= 60);
    const credentials = { accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey!, sessionToken: SessionToken! };
    const secrets = new SecretsManagerClient({ ...client(), credentials });
    await assert.rejects(secrets.send(new GetSecretValueCommand({ SecretId: "none" })), { name: "ResourceNotFoundException" });
    const lambda = new LambdaClient({ ...client(), credentials });
    await assert.rejects(lambda.send(new InvokeCommand({ FunctionName: "other" })), (error: Error) => {
      assert.equal(error.name, "AccessDeniedException");
      assert.match(error.message, /assumed-role\/runner\/e2e-1 is not authorized to perform: lambda:InvokeFunction/);
      return true;
    });
    assert.equal(harness.calls()["runner"]?.["secretsmanager:GetSecretValue"], 1);
    clock.hours = 1;
    await assert.rejects(secrets.send(new GetSecretValueCommand({ SecretId: "none" })), { name: "ExpiredTokenException" });
  });

  it("lets no token in that is forged, for another audience, over, or another job's", async () => {
    const accepted: string[] = [];
    for (const { title, token } of forgedTokens(github.workflowTokens, JOB, AUDIENCE)) {
      await assume(token).then(
        () => accepted.push(title),
        (error: Error) => assert.match(error.name, /^(InvalidIdentityToken|AccessDenied|ExpiredToken|Validation)/, title),
      );
    }
    // AWS asks for other things than our own check: a role trusts by subject and audience alone, and our audience here is AWS's.
    assert.deepEqual(accepted, [
      "for AWS",
      "of no repository",
      "of a repository that changes a run's key",
      "of a run whose id changes its key",
      "of an attempt that is a number",
    ]);
  });

  it("says as AWS does why it refuses, and nothing of a role that does not trust the token or does not exist [A25.1, A25.2, A25.3, A25.4]", async () => {
    const good = github.workflowTokens.token(JOB, AUDIENCE);
    const denied = ["AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403];
    assert.deepEqual(await refusal(github.workflowTokens.token({ ...JOB, ref: "refs/heads/next" }, AUDIENCE)), denied);
    assert.deepEqual(await refusal(good, { RoleArn: roleArn("none") }), denied);
    assert.deepEqual(await refusal(github.workflowTokens.token(JOB, "ci-runners:e2e")), [
      "InvalidIdentityTokenException",
      "Incorrect token audience",
      400,
    ]);
    const stranger = github.workflowTokens.keys.sign({ ...github.workflowTokens.claims(JOB, AUDIENCE), iss: "https://stranger.example" });
    const none = "No OpenIDConnect provider found in your account for https://stranger.example";
    assert.deepEqual(await refusal(stranger), ["InvalidIdentityTokenException", none, 400]);
    const exp = Math.floor(Date.now() / 1000) - 1;
    const expired = github.workflowTokens.keys.sign({ ...github.workflowTokens.claims(JOB, AUDIENCE), exp });
    const [name, message, status] = await refusal(expired);
    assert.deepEqual([name, status], ["ExpiredTokenException", 400]);
    assert.match(String(message), new RegExp(`^Token expired: current date/time \\d+ must be before the expiration date/time ${exp}$`));
  });

  it("has two answers while it cannot read the issuer's keys: SDKs repeat one, and the other is final to them, although it is transient [A25.5]", async () => {
    const good = github.workflowTokens.token(JOB, AUDIENCE);
    const keys = { route: /jwks$/, kind: "status", status: 503, times: 1 } as const;
    github.faults.add(keys);
    const [name, message, status] = await refusal(good, {}, 3);
    assert.deepEqual([name, status], ["InvalidIdentityTokenException", 400]);
    assert.match(String(message), /^Couldn't retrieve verification key from your identity provider/);
    await assume(good);
    harness.sts.unreadable = "IDPCommunicationError";
    try {
      github.faults.add(keys);
      assert.equal((await refusal(good))[0], "IDPCommunicationErrorException");
      github.faults.add(keys);
      await assume(good, {}, 2);
    } finally {
      harness.sts.unreadable = "InvalidIdentityToken";
    }
  });

  it("gives no session that its caller has cut down: a policy that had no effect would be a grant", async () => {
    const token = github.workflowTokens.token(JOB, AUDIENCE);
    await assert.rejects(assume(token, { Policy: "{}" }));
    assert.match(harness.defects.splice(0).join(), /does not support Policy/);
  });

  it("trusts by the claims of the token, so that a condition which names another key is no condition less", async () => {
    deployWorkflowRole("environment", { [`${HOST}:aud`]: AUDIENCE, [`${HOST}:sub`]: "repo:octo-org/app:environment:e2e" });
    const as = { RoleArn: roleArn("environment") };
    assert.equal((await refusal(github.workflowTokens.token(JOB, AUDIENCE), as))[0], "AccessDenied");
    await assume(github.workflowTokens.token({ ...JOB, environment: "e2e" }, AUDIENCE), as);
    github.workflowTokens.configure("octo-org/newer", { immutable: true });
    deployWorkflowRole("newer", { [`${HOST}:aud`]: AUDIENCE, [`${HOST}:sub`]: "repo:octo-org/newer:ref:refs/heads/main" });
    const token = github.workflowTokens.token({ ...JOB, repository: "octo-org/newer" }, AUDIENCE);
    assert.equal((await refusal(token, { RoleArn: roleArn("newer") }))[0], "AccessDenied", "its subject has ids");
  });

  it("assumes a role no longer than it allows, and never for less than 15 minutes [A25.6]", async () => {
    const token = github.workflowTokens.token(JOB, AUDIENCE);
    const longer = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
    assert.deepEqual(await refusal(token, { DurationSeconds: 3601 }), ["ValidationError", longer, 400]);
    assert.equal((await refusal(token, { DurationSeconds: 899 }))[0], "ValidationError");
    assert.equal((await refusal(token, { RoleSessionName: "e2e 1" }))[0], "ValidationError");
    deployWorkflowRole("long", { [`${HOST}:sub`]: "repo:octo-org/app:ref:refs/heads/main" }, { maxSessionDuration: 7200 });
    const { Credentials } = await assume(token, { RoleArn: roleArn("long"), DurationSeconds: 7200 });
    assert.ok(Credentials!.Expiration!.getTime() - Date.now() > 7_100_000);
  });
});

function roleArn(name: string): string {
  return `arn:aws:iam::${ACCOUNT.accountId}:role/${name}`;
}
