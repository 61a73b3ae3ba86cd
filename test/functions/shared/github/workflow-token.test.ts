import assert from "node:assert/strict";
import { IssuerKeys, IssuerUnavailable } from "../../../../functions/shared/github/issuer-keys";
import { verifyWorkflowToken, WorkflowTokenError } from "../../../../functions/shared/github/workflow-token";
import type { WorkflowIdentity } from "../../../../rehearsal/github";
import { serveGitHub, type ServedGitHub } from "../../../rehearsal/github/fixture";
import { forgedTokens } from "../../../support/forged-tokens";

const AUDIENCE = "ci-runners:e2e";
const JOB: WorkflowIdentity = {
  repository: "octo-org/app",
  run: { id: 17_000_000_001, number: 7, attempt: 2 },
  workflow: "e2e",
  runner: "github-hosted",
  event: "push",
  ref: "refs/heads/main",
  sha: "0123456789abcdef0123456789abcdef01234567",
};
const SUBJECT = "repo:octo-org/app:ref:refs/heads/main";

describe("the verification of a workflow's token", () => {
  let served: ServedGitHub;
  let keys: IssuerKeys;

  beforeEach(async () => {
    served = await serveGitHub();
    keys = new IssuerKeys(served.github.workflowTokens.issuer);
  });
  afterEach(() => served.close());

  const verify = (token: string, more: Partial<Parameters<typeof verifyWorkflowToken>[1]> = {}) =>
    verifyWorkflowToken(token, { issuer: keys.issuer, keys, audience: AUDIENCE, subjects: [SUBJECT], now: Date.now(), ...more });

  async function refusal(token: string, more: Parameters<typeof verify>[1] = {}): Promise<WorkflowTokenError> {
    const error = await verify(token, more).then(
      (claims) => assert.fail(`accepted: ${JSON.stringify(claims)}`),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof WorkflowTokenError, String(error));
    return error;
  }

  it("takes repository, run and attempt from a token that GitHub signed for our audience and one of our subjects", async () => {
    const token = served.github.workflowTokens.token({ ...JOB, environment: "e2e", actor: "mona" }, AUDIENCE);
    const subjects = ["repo:octo-org/other:environment:e2e", "repo:octo-org/app:environment:e2e"];
    const { expiresAt, ...claims } = await verify(token, { subjects });
    assert.deepEqual(claims, {
      subject: "repo:octo-org/app:environment:e2e",
      repository: "octo-org/app",
      runId: "17000000001",
      runAttempt: "2",
      ref: "refs/heads/main",
      eventName: "push",
      environment: "e2e",
      actor: "mona",
      workflowRef: "octo-org/app/.github/workflows/e2e.yml@refs/heads/main",
      jobWorkflowRef: "octo-org/app/.github/workflows/e2e.yml@refs/heads/main",
      runnerEnvironment: "github-hosted",
    });
    assert.ok(expiresAt * 1000 > Date.now());
  });

  it("refuses every forged, stretched or borrowed token, for its own reason, and quotes none of them", async () => {
    const all = forgedTokens(served.github.workflowTokens, JOB, AUDIENCE);
    const wrong: string[] = [];
    for (const { title, token, reason } of all) {
      const outcome = await verify(token).then(
        () => "accepted",
        (error: unknown) => error,
      );
      const isRefused = outcome instanceof WorkflowTokenError && outcome.reason === reason;
      if (!isRefused) wrong.push(`a token ${title}: ${String(outcome)}, not ${reason}`);
      const [, payload = "", signature = ""] = token.split(".");
      for (const secret of [payload, signature])
        if (secret !== "" && String(outcome).includes(secret)) wrong.push(`a token ${title} is quoted`);
    }
    assert.deepEqual(wrong, []);
    assert.ok(all.length > 40);
  });

  it("accepts a token until the second in which it expires, by the given clock", async () => {
    const token = served.github.workflowTokens.token(JOB, AUDIENCE);
    const { expiresAt } = await verify(token);
    await verify(token, { now: expiresAt * 1000 - 1 });
    const { reason, message } = await refusal(token, { now: expiresAt * 1000 });
    assert.equal(reason, "expired");
    assert.ok(message.includes(new Date(expiresAt * 1000).toISOString()), message);
  });

  it("says what to do about a wrong audience and an unknown subject, and shows both", async () => {
    const audience = await refusal(served.github.workflowTokens.token(JOB, "sts.amazonaws.com"));
    assert.equal(
      audience.message,
      'workflow token refused: its audience is "sts.amazonaws.com"; request the token for the audience "ci-runners:e2e"',
    );
    const subject = await refusal(served.github.workflowTokens.token({ ...JOB, ref: "refs/heads/next" }, AUDIENCE));
    assert.match(subject.message, /its subject "repo:octo-org\/app:ref:refs\/heads\/next" is none of "repo:.*main"; add it to subjects if/);
  });

  it("names the ids in the subject of a newer repository as the cause, instead of accepting the subject without them", async () => {
    served.github.workflowTokens.configure(JOB.repository, { immutable: true });
    const token = served.github.workflowTokens.token(JOB, AUDIENCE);
    const { reason, message } = await refusal(token);
    assert.equal(reason, "subject");
    assert.match(message, /its subject "repo:octo-org@1\/app@\d+:ref:refs\/heads\/main" is none of .*; GitHub adds the ids .* as it is$/);
    const [, subject = ""] = /its subject "([^"]+)"/.exec(message) ?? [];
    assert.equal((await verify(token, { subjects: [subject] })).repository, JOB.repository);
  });

  it("is a failure to be repeated, and no refusal, while GitHub's keys cannot be read", async () => {
    const token = served.github.workflowTokens.token(JOB, AUDIENCE);
    served.github.faults.add({ route: /jwks$/, kind: "status", status: 503, times: 1 });
    await assert.rejects(verify(token), (error: Error) => error instanceof IssuerUnavailable && !error.message.includes(token));
  });
});
