import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { GitHub } from "../../../rehearsal/github";
import { ACCOUNT, deployRole, document } from "../../rehearsal/aws/harness";
import { ClientRig } from "./rig";

const HOST = "token.actions.githubusercontent.com";
const PROVIDER = `arn:aws:iam::${ACCOUNT.accountId}:oidc-provider/${HOST}`;
const ROLE = `arn:aws:iam::${ACCOUNT.accountId}:role/workflow`;
const JOB = {
  repository: "octo-org/app",
  run: { id: 1, number: 1, attempt: 1 },
  workflow: "e2e",
  runner: "github-hosted",
  event: "push",
  ref: "refs/heads/main",
  sha: "0123456789abcdef0123456789abcdef01234567",
} as const;

describe("boto3 and the AWS CLI at STS of the AWS stand-in", () => {
  const github = new GitHub();
  let rig: ClientRig;

  before(async function () {
    rig = await ClientRig.open(this, { readDocument: (url) => github.document(url) });
    const { store } = rig.harness;
    const state = { arn: PROVIDER, url: `https://${HOST}`, clientIdLists: ["sts.amazonaws.com"] };
    store.put({ type: "aws:iam/openIdConnectProvider:OpenIdConnectProvider", id: PROVIDER, state });
    deployRole(store, "workflow", [{ Effect: "Allow", Action: "ssm:GetParameter", Resource: "*" }]);
    const role = store.get("aws:iam/role:Role", "workflow")!;
    const Condition = { StringEquals: { [`${HOST}:sub`]: "repo:octo-org/app:ref:refs/heads/main", [`${HOST}:aud`]: "sts.amazonaws.com" } };
    const trust = { Effect: "Allow", Action: "sts:AssumeRoleWithWebIdentity", Principal: { Federated: PROVIDER }, Condition };
    store.put({ ...role, state: { ...role.state, assumeRolePolicy: document([trust]) } });
  });
  after(async () => {
    await rig?.close();
    github.close();
  });
  afterEach(() => {
    assert.deepEqual(rig.harness.defects, []);
    rig.boto.as = {};
  });

  const token = (audience = "sts.amazonaws.com") => github.workflowTokens.token(JOB, audience);
  const request = (WebIdentityToken: string) => ({ RoleArn: ROLE, RoleSessionName: "e2e-1", WebIdentityToken });

  it("assume a role by a workflow's token, and are then known as its session [A25.1, A25.7]", async () => {
    const { Credentials } = await rig.boto.call("sts", "assume_role_with_web_identity", request(token()));
    rig.boto.as = {
      aws_access_key_id: Credentials.AccessKeyId,
      aws_secret_access_key: Credentials.SecretAccessKey,
      aws_session_token: Credentials.SessionToken,
    };
    const { UserId, Account, Arn } = await rig.boto.call("sts", "get_caller_identity");
    const arn = `arn:aws:sts::${ACCOUNT.accountId}:assumed-role/workflow/e2e-1`;
    assert.deepEqual([UserId, Account, Arn], ["AROAWORKFLOW:e2e-1", ACCOUNT.accountId, arn]);
    const denied = await rig.boto.fails("secretsmanager", "list_secrets");
    assert.match(denied.text, /assumed-role\/workflow\/e2e-1 is not authorized to perform: secretsmanager:ListSecrets/);
  });

  it("tell AWS's errors of a refused token apart [A25.1, A25.3, A25.4]", async () => {
    const wrong = await rig.boto.fails("sts", "assume_role_with_web_identity", request(token("ci-runners:e2e")));
    assert.deepEqual([wrong.class, wrong.Code, wrong.status], ["InvalidIdentityTokenException", "InvalidIdentityToken", 400]);
    const over = github.workflowTokens.keys.sign({ ...github.workflowTokens.claims(JOB, "sts.amazonaws.com"), exp: 1 });
    const expired = await rig.boto.fails("sts", "assume_role_with_web_identity", request(over));
    assert.deepEqual([expired.class, expired.Code, expired.status], ["ExpiredTokenException", "ExpiredTokenException", 400]);
    const other = github.workflowTokens.token({ ...JOB, ref: "refs/heads/next" }, "sts.amazonaws.com");
    const denied = await rig.boto.fails("sts", "assume_role_with_web_identity", request(other));
    assert.deepEqual([denied.class, denied.Code, denied.status], ["ClientError", "AccessDenied", 403]);
  });

  it("assume it from a file by the environment alone, as a workflow that has no keys", async () => {
    const file = join(rig.harness.workDir, "token");
    writeFileSync(file, token());
    const variables = { AWS_ROLE_ARN: ROLE, AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_SESSION_NAME: "e2e-2" };
    const { stdout, stderr, code } = await rig.cliWith(
      { ...variables, AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined },
      "sts",
      "get-caller-identity",
    );
    assert.equal(code, 0, stderr);
    assert.equal(JSON.parse(stdout).Arn, `arn:aws:sts::${ACCOUNT.accountId}:assumed-role/workflow/e2e-2`);
  });
});
