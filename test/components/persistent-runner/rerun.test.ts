import assert from "node:assert/strict";
import { workflowYaml } from "../../../components/persistent-runner/workflow-yaml";
import { GitHub } from "../../../rehearsal/github";
import type { Job } from "../../../rehearsal/github/jobs";
import { FunctionExecutor } from "../../../rehearsal/github/workflows/function-executor";
import type { ActionCall } from "../../../rehearsal/github/workflows/hosted";
import { Timeline } from "../../../rehearsal/timeline";
import { VirtualClock } from "../../../rehearsal/virtual-clock";
import { machineSettings } from "./machine-args";

const REPOSITORY = "example-org/app";
const ACTIONS = "example-org/ci-runners/actions/persistent-runner";
const MACHINE = { instanceId: "i-0123456789abcdef0", roleArn: "arn:aws:iam::123456789012:role/e2e-workflow", region: "us-east-1" };

/** The rendered workflow in the stand-in of GitHub, which takes its jobs for the machine as well. */
class Played {
  readonly clock = new VirtualClock({ promisesOnly: true });
  readonly github = new GitHub(this.clock, new Timeline(() => this.clock.now()), { wallNow: () => this.clock.now() });
  /** What was done, in its order. */
  readonly done: string[] = [];
  testsFail = true;

  constructor() {
    const { github, clock } = this;
    github.registerToken("token", ["example-org", REPOSITORY]);
    const functions = { start: (call: ActionCall) => this.start(call), stop: async () => void this.done.push("stop") };
    github.workflows.use({
      executor: new FunctionExecutor({
        clock,
        functions,
        requestIdToken: github.requestIdToken,
        script: ({ script, setOutput, log }) => this.script(script, setOutput, log),
      }),
      actions: { "actions/checkout": "checkout", [`${ACTIONS}/start`]: { act: "start" }, [`${ACTIONS}/stop`]: { act: "stop" } },
    });
  }

  private async start({ setOutput }: ActionCall): Promise<void> {
    this.done.push("start");
    setOutput("label", "ubuntu-24.04");
  }

  private async script(script: string, setOutput: ActionCall["setOutput"], log: ActionCall["log"]): Promise<void> {
    const [, output] = /^echo "instance-id=(.*)" >>/.exec(script) ?? [];
    if (output !== undefined) return setOutput("instance-id", output);
    if (script.startsWith("git clean")) return undefined;
    const [, refusal] = /^echo "::error::(.*)"; exit 1$/.exec(script) ?? [];
    if (refusal !== undefined) log(refusal);
    else this.done.push(script);
    if (refusal !== undefined || this.testsFail) throw new Error("exit code 1");
  }

  settled(): Promise<void> {
    return this.clock.flow(() => this.github.jobsSettled());
  }

  rerun(run: number | string, which: "rerun" | "rerun-failed-jobs") {
    return this.github.request({
      method: "POST",
      host: "api.github.com",
      path: `/repos/${REPOSITORY}/actions/runs/${run}/${which}`,
      query: new URLSearchParams(),
      origin: "https://api.github.com",
      apiVersion: "2022-11-28",
      ifNoneMatch: "",
      authorization: "token token",
      body: {},
      signal: new AbortController().signal,
    });
  }
}

describe("a run of the rendered workflow that is run again", () => {
  let played: Played;
  beforeEach(() => (played = new Played()));
  afterEach(() => {
    played.github.close();
    played.clock.close();
  });

  async function failed() {
    const [run] = await played.github.workflows.repository(REPOSITORY).push({
      ".github/workflows/e2e.yml": workflowYaml(machineSettings(), MACHINE),
    });
    assert.ok(run);
    await played.settled();
    assert.deepEqual(played.done, ["start", "make test", "stop"]);
    played.done.length = 0;
    return run;
  }
  const conclusions = (jobs: readonly Job[]) => Object.fromEntries(jobs.map(({ spec, conclusion }) => [spec.name, conclusion]));

  it("ends at once with the remedy for its failed jobs alone: no runner has the label of the earlier start any more", async () => {
    const run = await failed();
    assert.equal((await played.rerun(run.id, "rerun-failed-jobs")).status, 201);
    await played.settled();
    assert.deepEqual(conclusions(run.jobs), { start: "success", e2e: "failure", stop: "success" });
    assert.deepEqual(played.done, ["stop"], "tests ran on a machine that no one started");
    const e2e = run.jobs.find(({ spec }) => spec.name === "e2e")!;
    assert.match(played.github.workflows.log(e2e.id).join("\n"), /use Re-run all jobs/);
  });

  it("starts the machine anew if all its jobs run again", async () => {
    const run = await failed();
    played.testsFail = false;
    assert.equal((await played.rerun(run.id, "rerun")).status, 201);
    await played.settled();
    assert.deepEqual(conclusions(run.jobs), { start: "success", e2e: "success", stop: "success" });
    assert.deepEqual(played.done, ["start", "make test", "stop"]);
  });
});
