import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { workflowYaml } from "../../../components/persistent-runner/workflow-yaml";
import type { ActionCall } from "../../../rehearsal/github/workflows/hosted";
import { machineSettings } from "../../components/persistent-runner/machine-args";
import { Hosted } from "../github/workflows/hosted-fixture";
import { TestRunner } from "./fixture";

const MACHINE = { instanceId: "i-0123456789abcdef0", roleArn: "arn:aws:iam::123456789012:role/e2e-workflow", region: "us-east-1" };
/** The tests of a team: they list what they find, fill a cache that git ignores, and leave a file behind. */
const COMMAND = 'ls -A | tr "\\n" " " >>"$LISTING"; mkdir -p target; echo built >target/cache; echo left >left-over; echo >>"$LISTING"';

describe("the workflow that the component renders, on the runner stand-in", () => {
  const settings = machineSettings({ workflow: { command: COMMAND } });
  const { repository } = settings.actions;
  const calls: string[] = [];
  let hosted: Hosted;
  let runner: TestRunner;
  let listing: string;

  before(async () => {
    const action = (name: string) => `${repository}/actions/persistent-runner/${name}`;
    const start = async ({ inputs, github, setOutput }: ActionCall) => {
      calls.push(`start ${inputs["instance-id"]}`);
      setOutput("label", "pool");
      setOutput("attempt", String(github.run_attempt));
    };
    const stop = async ({ inputs }: ActionCall) => void calls.push(`stop ${inputs.name}`);
    hosted = await Hosted.open({
      actions: { [action("start")]: { act: "start" }, [action("stop")]: { act: "stop" } },
      functions: { start, stop },
    });
    runner = await TestRunner.registered(hosted.served, "i-1");
    listing = join(runner.root, "listing");
    runner.service({ LISTING: listing });
    await runner.listening();
  });
  after(async () => {
    runner?.dispose();
    await hosted?.close();
  });

  const push = async (note: string) => {
    const files = { ".gitignore": "target/\n", "src/note.txt": note };
    const run = await hosted.run(workflowYaml(settings, MACHINE), files);
    const problems = run.jobs.flatMap(({ annotations }) => annotations.map(({ message }) => message)).join("\n");
    assert.deepEqual(
      run.jobs.map(({ conclusion }) => conclusion),
      ["success", "success", "success"],
      problems,
    );
    return run;
  };

  it("starts the machine, runs on it and stops it", async () => {
    const run = await push("1");
    assert.deepEqual(calls, [`start ${MACHINE.instanceId}`, `stop ${settings.persistentRunnerName}`]);
    assert.equal(run.jobs[1]!.runnerName, "i-1");
  });

  it("keeps what is ignored for the next run, and removes what is neither committed nor ignored", async () => {
    await push("2");
    const [first, second] = readFileSync(listing, "utf8").trim().split("\n");
    assert.equal(first!.trim(), ".git .github .gitignore src");
    assert.equal(second!.trim(), ".git .github .gitignore src target");
  });
});
