import assert from "node:assert/strict";
import { runKey } from "../../../contract/persistent-runner/lease";
import type { RunOrder } from "../../../contract/persistent-runner/order";
import { GitHub } from "../../../rehearsal/github";
import { JobRunner } from "../../../rehearsal/hosts/simulated/persistent/job-runner";
import { Timeline } from "../../../rehearsal/timeline";
import { VirtualClock } from "../../../rehearsal/virtual-clock";
import { CONFIG, ORDER } from "../../host-config/persistent-runner/fixtures";

const REPOSITORY = "acme/app";
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

describe("the runner of a simulated persistent machine", () => {
  let clock: VirtualClock;
  let github: GitHub;

  beforeEach(() => {
    clock = new VirtualClock({ promisesOnly: true });
    github = new GitHub(clock, new Timeline(() => clock.now()), { wallNow: () => clock.now() });
    github.registerToken("token", [REPOSITORY]);
  });
  afterEach(() => {
    github.close();
    clock.close();
  });

  async function jitConfiguration(): Promise<string> {
    const { body } = await github.request({
      method: "POST",
      host: "api.github.com",
      path: `/repos/${REPOSITORY}/actions/runners/generate-jitconfig`,
      query: new URLSearchParams(),
      origin: "https://api.github.com",
      apiVersion: "2022-11-28",
      ifNoneMatch: "",
      authorization: "token token",
      body: { name: ORDER.label, labels: [ORDER.label], runner_group_id: 1 },
      signal: new AbortController().signal,
    });
    return (body as { encoded_jit_config: string }).encoded_jit_config;
  }

  /** A job that asks for the machine's label, and what became of it and of the machine. */
  async function played(holderOf: (run: number) => string) {
    const run = github.startRun(REPOSITORY, "e2e").id;
    const job = github.queueJob({ name: "e2e", labels: [ORDER.label], repository: REPOSITORY, run });
    const disk = { kept: new Map<string, string>(), builds: 0 };
    let ends = 0;
    const runner = new JobRunner({ clock, github, disk, log: silent, exited: () => void (ends += 1) });
    const order: RunOrder = { ...ORDER, holder: holderOf(run), jitConfiguration: await jitConfiguration() };
    runner.configure(CONFIG, order);
    runner.start();
    await clock.flow(() => github.jobsSettled());
    await clock.flow(() => clock.sleep(60_000));
    return { noted: runner.noted, result: github.job(job).state, builds: disk.builds, ends, own: runKey(REPOSITORY, String(run), "1") };
  }

  it("runs the job of the run that has the machine, and ends", async () => {
    const { noted, own, ...rest } = await played((run) => runKey(REPOSITORY, String(run), "1"));
    assert.equal(noted, own);
    assert.deepEqual(rest, { result: "succeeded", builds: 1, ends: 1 });
  });

  it("refuses the job of another run, which touches no cache, and ends: the real machine's hook does the same", async () => {
    const { noted, own, ...rest } = await played(() => ORDER.holder);
    assert.equal(noted, `foreign ${own}`);
    assert.deepEqual(rest, { result: "failed", builds: 0, ends: 1 });
  });
});
