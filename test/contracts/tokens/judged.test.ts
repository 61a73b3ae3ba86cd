import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { IssuerKeys } from "../../../functions/shared/github/issuer-keys";
import { verifyWorkflowToken } from "../../../functions/shared/github/workflow-token";
import type { WorkflowIdentity } from "../../../rehearsal/github";
import { serveGitHub, type ServedGitHub } from "../../rehearsal/github/fixture";
import { forgedTokens } from "../../support/forged-tokens";
import { pythonPrograms } from "../clients/python";

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

/** Reasons that a library for JSON Web Tokens knows; subjects and GitHub's own claims are ours to judge. */
const OF_LIBRARIES = new Set(["algorithm", "key", "signature", "issuer", "audience", "expired", "early"]);
/** What this library accepts although it must not pass here: each key of the set is tried, and one of several audiences is enough. */
const LENIENT = /without the name of a key|audiences|audience in a list/;

describe("workflow tokens of the GitHub stand-in, judged by a library that is not ours", () => {
  let served: ServedGitHub;
  let judge: ChildProcess | undefined;
  const waiting: ((answer: { claims?: any; refused?: string }) => void)[] = [];

  before(async function () {
    const bin = await pythonPrograms(this, join(__dirname, "requirements.txt"));
    served = await serveGitHub();
    judge = spawn(join(bin, "python"), [join(__dirname, "judge.py")], { stdio: ["pipe", "pipe", "inherit"] });
    createInterface({ input: judge.stdout! }).on("line", (line) => waiting.shift()!(JSON.parse(line)));
  });
  after(async () => {
    if (judge) judge.stdin!.end();
    await served?.close();
  });

  const judged = (token: string): Promise<{ claims?: any; refused?: string }> =>
    new Promise((resolve) => {
      waiting.push(resolve);
      judge!.stdin!.write(`${JSON.stringify({ token, issuer: served.github.workflowTokens.issuer, audience: AUDIENCE })}\n`);
    });

  it("are valid, also after a change of keys, and say the same to it as to our functions", async () => {
    const keys = new IssuerKeys(served.github.workflowTokens.issuer);
    const old = served.github.workflowTokens.token(JOB, AUDIENCE);
    served.github.workflowTokens.keys.rotate();
    for (const token of [old, served.github.workflowTokens.token(JOB, AUDIENCE)]) {
      const { claims, refused } = await judged(token);
      assert.equal(refused, undefined);
      const subjects = [claims.sub];
      const ours = await verifyWorkflowToken(token, { issuer: keys.issuer, keys, audience: AUDIENCE, subjects, now: Date.now() });
      assert.deepEqual(
        [ours.repository, ours.runId, ours.runAttempt, ours.ref, ours.expiresAt],
        [claims.repository, claims.run_id, claims.run_attempt, claims.ref, claims.exp],
      );
    }
  });

  it("are refused by it, too, where they are forged, over or for others: so the forgeries are what they are said to be", async () => {
    const accepted: string[] = [];
    const all = forgedTokens(served.github.workflowTokens, JOB, AUDIENCE).filter(({ reason }) => OF_LIBRARIES.has(reason));
    for (const { title, token } of all) if (!LENIENT.test(title) && (await judged(token)).claims) accepted.push(title);
    assert.deepEqual(accepted, []);
    assert.ok(all.length > 20);
  });
});
