import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { call, ORGANIZATION, serveGitHub, type ServedGitHub } from "../github/fixture";
import { TestRunner } from "./fixture";

describe("run.sh of the runner stand-in with a just-in-time configuration", () => {
  let served: ServedGitHub;
  let runner: TestRunner;

  beforeEach(async () => {
    served = await serveGitHub();
    runner = await TestRunner.unpack(served);
  });
  afterEach(async () => {
    runner.dispose();
    await served.close();
  });

  async function configuration(name: string): Promise<string> {
    const body = { name, runner_group_id: 1, labels: [name], work_folder: "work" };
    const reply = await call(served, "POST", `/orgs/${ORGANIZATION}/actions/runners/generate-jitconfig`, body);
    return reply.body.encoded_jit_config;
  }
  const isKnown = (name: string) => served.github.runners().some((known) => known.name === name);

  it("runs exactly one job, exits with code 0, and leaves no registration: neither at GitHub nor on the disk", async () => {
    const encoded = await configuration("e2e-1");
    const marker = runner.path("ran");
    const job = (name: string) => served.github.queueJob({ name, labels: ["e2e-1"], steps: [{ name, run: `echo ${name} >>${marker}` }] });
    const [first, second] = [job("first"), job("second")];
    const { code, output } = await runner.run("run.sh", ["--jitconfig", encoded]);
    assert.equal(code, 0, output);
    assert.match(output, /Running job: first\n[\s\S]*Job first completed with result: Succeeded/);
    assert.equal(readFileSync(marker, "utf8"), "first\n");
    assert.deepEqual([served.github.job(first).state, served.github.job(second).state], ["succeeded", "queued"]);
    assert.equal(isKnown("e2e-1"), false);
    assert.deepEqual(
      [".runner", ".credentials", ".credentials_rsaparams"].filter((file) => existsSync(runner.path(file))),
      [],
    );
    assert.ok(existsSync(runner.path("work")), "in the folder that the configuration names");
  });

  it("hears that its only job is cancelled, which a listener that polls no more would let run to its end", async () => {
    const encoded = await configuration("e2e-1");
    const job = served.github.queueJob({ name: "long", labels: ["e2e-1"], seconds: 120 });
    const begun = served.github.timeline.when((event) => event.kind === "job" && event.job === job && event.change === "steps-started");
    void begun.then(() => served.github.cancelJob(job));
    const { code, output } = await runner.run("run.sh", ["--jitconfig", encoded]);
    assert.equal(code, 0, output);
    assert.match(output, /Job long completed with result: Canceled/);
    assert.equal(served.github.job(job).state, "canceled");
    assert.equal(isKnown("e2e-1"), false);
  });

  it("runs with the configuration of this start, although the files of an earlier one are still there", async () => {
    const lost = await configuration("e2e-1");
    for (const [name, content] of Object.entries<string>(JSON.parse(Buffer.from(lost, "base64").toString()))) {
      writeFileSync(runner.path(name), Buffer.from(content, "base64"));
    }
    const encoded = await configuration("e2e-2");
    const job = served.github.queueJob({ name: "second", labels: ["e2e-2"], seconds: 0 });
    assert.equal((await runner.run("run.sh", ["--jitconfig", encoded])).code, 0);
    assert.equal(served.github.job(job).runnerName, "e2e-2");
    assert.deepEqual([isKnown("e2e-1"), isKnown("e2e-2")], [true, false]);
  });

  it("takes it from the environment as well, where no list of processes shows it, and hands it to no job", async () => {
    const ACTIONS_RUNNER_INPUT_JITCONFIG = await configuration("e2e-1");
    const file = runner.path("environment");
    const job = served.github.queueJob({ name: "look", labels: ["e2e-1"], steps: [{ name: "look", run: `env >${file}` }] });
    assert.equal((await runner.run("run.sh", [], { ACTIONS_RUNNER_INPUT_JITCONFIG })).code, 0);
    assert.equal(served.github.job(job).state, "succeeded");
    assert.doesNotMatch(readFileSync(file, "utf8"), /JITCONFIG/);
  });

  it("exits with code 1 of the listener for a configuration that is used, and for one that is none", async () => {
    const encoded = await configuration("e2e-1");
    served.github.queueJob({ name: "first", labels: ["e2e-1"], seconds: 0 });
    assert.equal((await runner.run("run.sh", ["--jitconfig", encoded])).code, 0);
    const used = await runner.run("bin/Runner.Listener", ["run", "--jitconfig", encoded]);
    assert.equal(used.code, 1);
    assert.match(used.output, /registration has been deleted from the server/);
    for (const wrong of ["no base64!", "bm8ganNvbg=="]) {
      assert.equal((await runner.run("bin/Runner.Listener", ["run", "--jitconfig", wrong])).code, 1, wrong);
    }
  });

  it("gives a job that has the permission what it needs to request a token, and GitHub answers it during the job", async () => {
    const encoded = await configuration("e2e-1");
    const file = runner.path("token");
    const request = `curl --silent --fail -H "Authorization: Bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=ci-runners:e2e" >${file}`;
    const idToken = { event: "push", ref: "refs/heads/main", sha: "0".repeat(40) };
    const labels = ["e2e-1"];
    const job = served.github.queueJob({
      name: "token",
      labels,
      repository: `${ORGANIZATION}/app`,
      idToken,
      steps: [{ name: "request", run: request }],
    });
    assert.equal((await runner.run("run.sh", ["--jitconfig", encoded])).code, 0);
    assert.equal(served.github.job(job).state, "succeeded");
    const { value } = JSON.parse(readFileSync(file, "utf8"));
    const claims = JSON.parse(Buffer.from(value.split(".")[1], "base64url").toString());
    assert.deepEqual([claims.aud, claims.sub], ["ci-runners:e2e", `repo:${ORGANIZATION}/app:ref:refs/heads/main`]);
  });
});
