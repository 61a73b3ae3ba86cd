import assert from "node:assert/strict";
import { decodeJwt } from "jose";
import type { ActionCall } from "../../../../rehearsal/github/workflows/hosted";
import { permissionsOf } from "../../../../rehearsal/github/workflows/permissions";
import { Simulated } from "./fixture";

const FILE = ".github/workflows/ci.yml";
const workflow = (more: string, on = "push") =>
  `on: ${on}\njobs:\n  a:\n    runs-on: ubuntu-latest\n${more}    steps: [{uses: acme/token@v1, with: {audience: ours}}]\n`;
const WRITE = "    permissions: {id-token: write}\n";

describe("tokens of a workflow's job in the GitHub stand-in", () => {
  let simulated: Simulated;
  let kept: ActionCall | undefined;
  let tokens: string[];
  let ask: (call: ActionCall) => Promise<void>;

  beforeEach(() => {
    tokens = [];
    ask = async (call) => void tokens.push(await call.requestIdToken(call.inputs.audience!));
    simulated = new Simulated({
      actions: { "acme/token": { act: "token" } },
      functions: {
        token: async (call) => {
          kept = call;
          await ask(call);
        },
      },
    });
  });
  afterEach(() => simulated.close());

  it("are for the audience that the step asks for, and say which run, attempt, ref and workflow it is", async () => {
    const run = await simulated.run(workflow(WRITE));
    const claims = decodeJwt(tokens[0]!);
    assert.equal(claims.aud, "ours");
    assert.equal(claims.sub, "repo:acme/app:ref:refs/heads/main");
    assert.deepEqual(
      [claims.run_id, claims.run_attempt, claims.event_name, claims.runner_environment, claims.workflow_ref],
      [String(run.id), "1", "push", "github-hosted", `acme/app/${FILE}@refs/heads/main`],
    );
    await assert.rejects(kept!.requestIdToken("ours"), /HTTP 401/, "the job has ended");
  });

  it("name the environment of the job, and the called workflow that it is written in", async () => {
    const called = workflow("    environment: e2e\n", "workflow_call");
    const text = "on: push\njobs:\n  call:\n    permissions: {id-token: write}\n    uses: ./.github/workflows/called.yml\n";
    await simulated.run(text, { ".github/workflows/called.yml": called });
    const { sub, job_workflow_ref: reusable, workflow_ref: own } = decodeJwt(tokens[0]!);
    assert.equal(sub, "repo:acme/app:environment:e2e");
    assert.equal(reusable, "acme/app/.github/workflows/called.yml@refs/heads/main");
    assert.equal(own, `acme/app/${FILE}@refs/heads/main`);
  });

  it("are refused to a job without id-token: write", async () => {
    const run = await simulated.run(workflow("    permissions: {contents: read}\n"));
    assert.equal(run.jobs[0]!.conclusion, "failure");
    assert.match(run.jobs[0]!.annotations[0]!.message, /id-token: write/);
    assert.deepEqual(tokens, []);
  });

  it("are refused to the code of a fork, whatever its workflow asks for", async () => {
    const text = workflow("    permissions: write-all\n", "pull_request");
    simulated.repository.seed({ [FILE]: text });
    simulated.repository.fork("stranger/app").seed({ b: "b" }, "topic");
    const { runs } = await simulated.repository.openPullRequest({ repository: "stranger/app", branch: "topic" });
    await simulated.settled();
    assert.equal(runs[0]!.jobs[0]!.conclusion, "failure");
    assert.deepEqual(tokens, []);
  });

  it("are refused to a step that GitHub has ended by force, which cannot go on as a process could not either", async () => {
    const late: string[] = [];
    ask = async (call) => {
      await simulated.clock.sleep(60_000);
      await call.requestIdToken("ours").catch((error: Error) => late.push(error.message));
    };
    const run = await simulated.begin(workflow(WRITE));
    await simulated.after(10);
    run.file!.cancel(true);
    await simulated.after(60);
    assert.deepEqual([tokens, late.length], [[], 1]);
    assert.match(late[0]!, /its step was ended/);
  });

  it("of the job itself are worth what the file permits, while the job runs", async () => {
    const statuses: unknown[] = [];
    const get = async (token: string) => {
      const path = "/repos/acme/app/actions/runs";
      const call = { method: "GET", host: "api.github.com", path, query: new URLSearchParams(), origin: "https://api.github.com" };
      const { signal } = new AbortController();
      const rest = { apiVersion: "2022-11-28", ifNoneMatch: "", authorization: `token ${token}`, body: {}, signal };
      return (await simulated.github.request({ ...call, ...rest })).status;
    };
    ask = async ({ github }) => void statuses.push(await get(String(github.token)));
    await simulated.run(workflow("    permissions: {actions: read}\n"));
    await simulated.run(workflow("    permissions: {contents: read}\n"));
    statuses.push(await get(String(kept!.github.token)));
    assert.deepEqual(statuses, [200, 403, 401]);
  });

  it("of the job itself have the permissions that the file gives, and those that it does not name are taken away", () => {
    assert.deepEqual(permissionsOf(undefined, undefined, false), { contents: "read", packages: "read" });
    assert.deepEqual(permissionsOf("write-all", { contents: "read" }, false), { contents: "read" });
    assert.deepEqual(permissionsOf({ actions: "none" }, undefined, false), {});
    assert.equal(permissionsOf("write-all", undefined, true).contents, "read");
    assert.equal(permissionsOf("write-all", undefined, true)["id-token"], undefined);
    assert.deepEqual(permissionsOf(undefined, "write-all", false, { contents: "read" }), { contents: "read" });
    assert.equal(permissionsOf("read-all", undefined, false)["id-token"], undefined);
  });
});
