import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import type { PersistentRunnerArgs } from "../../../components";
import { startTimeout, workflowYaml } from "../../../components/persistent-runner/workflow-yaml";
import { PERSISTENT_TIMING as TIMING } from "../../../contract/persistent-runner/timing";
import { persistentRunnerNames } from "../../../contract/persistent-runner/names";
import { workflowLibrary } from "../../../rehearsal/github/workflows/library";
import type { JobDefinition, OwnWork, WorkflowFile } from "../../../rehearsal/github/workflows/model";
import { parseWorkflow } from "../../../rehearsal/github/workflows/parse";
import { Expressions } from "../../../rehearsal/runner/steps/expressions";
import type { Json } from "../../../rehearsal/runner/steps/plan";
import { ACTIONS_REF, machineSettings } from "./machine-args";

const ROOT = join(__dirname, "../../..");
const MACHINE = { instanceId: "i-0123456789abcdef0", roleArn: "arn:aws:iam::123456789012:role/e2e-workflow", region: "us-east-1" };
const GATED: Partial<PersistentRunnerArgs> = {
  subjects: ["repo:example-org/app:ref:refs/heads/main", "repo:example-org/app:pull_request"],
  workflow: { pullRequestLabel: "e2e-test" },
};

const rendered = (changes: Partial<PersistentRunnerArgs> = {}) => workflowYaml(machineSettings(changes), MACHINE);
const parsed = (changes: Partial<PersistentRunnerArgs> = {}): Promise<WorkflowFile> =>
  parseWorkflow(".github/workflows/e2e.yml", rendered(changes));
const yaml = (changes: Partial<PersistentRunnerArgs> = {}) => load(rendered(changes)) as Record<string, any>;
const expressions = () => new Expressions(workflowLibrary().expressions);

function job(file: WorkflowFile, id: string): JobDefinition {
  const found = file.jobs.find((one) => one.id === id);
  assert.ok(found, `no job ${id}`);
  return found;
}

/** The context of an event, as far as the workflow's conditions read it. */
function event(
  name: string,
  {
    action,
    label,
    labels = [],
    fork = false,
    ref = name === "pull_request" ? "refs/pull/7/merge" : "refs/heads/main",
  }: { action?: string; label?: string; labels?: string[]; fork?: boolean; ref?: string } = {},
) {
  const pull_request = {
    labels: labels.map((one) => ({ name: one })),
    head: { repo: { full_name: fork ? "else/app" : "example-org/app" } },
  };
  const payload: { [key: string]: Json } =
    name === "pull_request" ? { action: action!, pull_request, ...(label && { label: { name: label } }) } : {};
  return { github: { event_name: name, event: payload, ref, run_id: "4711", repository: "example-org/app" } };
}

async function groupOf(changes: Partial<PersistentRunnerArgs>, context: ReturnType<typeof event>): Promise<string> {
  return expressions().text((await parsed(changes)).concurrency!.group, context);
}

const STATUS = { success: () => true, always: () => true, cancelled: () => false, failure: () => false };

/** As the job on the machine sees them: the attempt in which the start ran, and the present one. */
const attempts = (started: string, attempt: string) => ({
  needs: { start: { outputs: { attempt: started, label: "e2e-0123456789ab" } } },
  github: { run_attempt: attempt },
});

async function runsOn(started: string, attempt: string): Promise<string> {
  const { work } = job(await parsed(), "e2e");
  assert.equal(work.kind, "steps");
  return expressions().text((work as OwnWork).runsOn, attempts(started, attempt));
}

async function starts(context: ReturnType<typeof event>, changes: Partial<PersistentRunnerArgs> = GATED): Promise<boolean> {
  return expressions().condition(job(await parsed(changes), "start").if, context, STATUS);
}

describe("the rendered workflow", () => {
  it("is one that GitHub's own parser accepts, in each form that the arguments give it", async () => {
    const forms: Partial<PersistentRunnerArgs>[] = [
      {},
      GATED,
      { control: "direct" },
      { subjects: ["repo:example-org/app:environment:e2e"], workflow: { environment: "e2e", name: 'a "quoted" name' } },
      { cancelInProgress: false, concurrencyGroup: "the e2e runner", fallbackInstanceTypes: ["m6i.large"] },
      { workflow: { command: 'set -e\nmake "all" # twice\n' } },
    ];
    for (const form of forms) {
      const file = await parsed(form);
      assert.deepEqual(
        file.jobs.map(({ id }) => id),
        ["start", "e2e", "stop"],
      );
    }
  });

  it("names the machine, the role and the actions' commit, and no other machine", () => {
    const { start, stop } = yaml().jobs;
    for (const [name, { steps }] of Object.entries({ start, stop }) as [string, any][]) {
      const { uses, with: inputs } = steps.at(-1);
      assert.equal(uses, `example-org/ci-runners/actions/persistent-runner/${name}@${ACTIONS_REF}`);
      assert.deepEqual(
        [inputs.name, inputs.role, inputs.region, inputs["instance-id"]],
        ["e2e", MACHINE.roleArn, MACHINE.region, name === "start" ? MACHINE.instanceId : undefined],
      );
      // The function that the action asks is derived from the name alone.
      assert.equal(persistentRunnerNames(inputs.name).controlFunction, "e2e-control");
    }
  });

  it("gives each action only inputs that its action.yml has, and all that it requires", () => {
    for (const changes of [{}, { control: "direct" as const }]) {
      for (const name of ["start", "stop"]) {
        const folder = join(ROOT, "actions/persistent-runner", name);
        const { inputs } = load(readFileSync(join(folder, "action.yml"), "utf8")) as { inputs: Record<string, { required?: boolean }> };
        const given = Object.keys(yaml(changes).jobs[name].steps.at(-1).with);
        assert.deepEqual(
          given.filter((input) => !(input in inputs)),
          [],
        );
        const required = Object.keys(inputs).filter((input) => inputs[input]!.required);
        assert.deepEqual(
          required.filter((input) => !given.includes(input)),
          [],
        );
        assert.ok(existsSync(join(folder, `${name}.mjs`)), "the action's program is committed beside its action.yml");
      }
    }
  });

  it("knows the machine before anything can fail, so that whatever becomes of the start, the machine is released", () => {
    const { start } = yaml().jobs;
    const [first, second] = start.steps;
    assert.deepEqual([first.id, first.run], ["machine", `echo "instance-id=${MACHINE.instanceId}" >> "$GITHUB_OUTPUT"`]);
    assert.ok(second.uses.includes("/start@"));
    assert.equal(start.outputs["instance-id"], "${{ steps.machine.outputs.instance-id }}");
  });

  it("stops the machine whatever became of the other jobs, unless the start was skipped", async () => {
    const { needs, if: condition } = job(await parsed(GATED), "stop");
    assert.deepEqual(needs, ["start", "e2e"]);
    const runs = (id: string) => expressions().condition(condition, { needs: { start: { outputs: { "instance-id": id } } } }, STATUS);
    assert.equal(runs(MACHINE.instanceId), true);
    assert.equal(runs(""), false);
    assert.match(condition, /^always\(\)/);
  });

  it("sends the job to the label of its own start, never to one that other runs know", async () => {
    assert.equal(await runsOn("1", "1"), "e2e-0123456789ab");
    assert.equal(yaml().jobs.start.outputs.label, "${{ steps.start.outputs.label }}");
    assert.equal(yaml().jobs.start.outputs.attempt, "${{ github.run_attempt }}");
  });

  it("fails a re-run of failed jobs at once, with the remedy, instead of waiting a day for a runner that is gone", async () => {
    assert.equal(await runsOn("1", "2"), "ubuntu-latest");
    const [first] = yaml().jobs.e2e.steps;
    const refuses = (started: string, attempt: string) => expressions().condition(first.if, attempts(started, attempt), STATUS);
    assert.equal(refuses("1", "2"), true);
    assert.equal(refuses("2", "2"), false);
    assert.match(first.run, /^echo "::error::.*Re-run all jobs.*; exit 1$/);
  });

  it("gives tokens to the jobs that control the machine, and none to the one that runs on it", () => {
    const { permissions, jobs } = yaml();
    assert.deepEqual(permissions, {});
    assert.deepEqual(jobs.start.permissions, { "id-token": "write", contents: "read" });
    assert.deepEqual(jobs.stop.permissions, jobs.start.permissions);
    assert.deepEqual(jobs.e2e.permissions, { contents: "read" });
    assert.equal(jobs.e2e.steps[1].with["persist-credentials"], false);
  });

  it("keeps what the last run built, and removes what is neither committed nor ignored", () => {
    const [, checkout, clean, command] = yaml().jobs.e2e.steps;
    assert.equal(checkout.with.clean, false);
    assert.equal(clean.run, "git clean -ffd");
    assert.equal(command.run, "make test");
  });

  it("ends the job on the machine before the machine ends its session, and waits for a start as long as one may take", () => {
    const settings = machineSettings();
    const { start, e2e } = yaml().jobs;
    assert.equal(e2e["timeout-minutes"], 35);
    assert.ok(e2e["timeout-minutes"] * 60 + settings.bootTimeout < settings.maxSession);
    const timeout = Number(start.steps.at(-1).with.timeout);
    assert.equal(timeout, startTimeout(settings));
    assert.ok(start["timeout-minutes"] * 60 > timeout);
    // A deployment may have found the machine in use, so that the next start prepares it.
    const slow = machineSettings({ firstBootTimeout: 3600 });
    assert.ok(startTimeout(slow) > TIMING.acquireTimeout + 3600 + slow.bootTimeout);
  });
});

describe("the concurrency group of the rendered workflow", () => {
  it("is one for all that starts the machine, so that a repository's runs queue at GitHub", async () => {
    const push = await groupOf(GATED, event("push"));
    assert.equal(push, "e2e-runner");
    assert.equal(await groupOf(GATED, event("workflow_dispatch")), push);
    assert.equal(await groupOf(GATED, event("pull_request", { action: "labeled", label: "e2e-test", labels: ["e2e-test"] })), push);
    assert.equal(await groupOf(GATED, event("pull_request", { action: "synchronize", labels: ["bug", "e2e-test"] })), push);
    assert.equal(await groupOf({}, event("push")), "e2e-runner");
  });

  it("is a run's own for an event that starts nothing, or a label on any pull request would cancel the tests of main", async () => {
    for (const unrelated of [
      event("pull_request", { action: "labeled", label: "bug", labels: ["bug"] }),
      event("pull_request", { action: "labeled", label: "bug", labels: ["bug", "e2e-test"] }),
      event("pull_request", { action: "synchronize", labels: ["bug"] }),
      event("pull_request", { action: "synchronize", labels: ["e2e-test"], fork: true }),
    ]) {
      assert.equal(await groupOf(GATED, unrelated), "4711");
      assert.equal(await starts(unrelated), false);
    }
  });

  it("is a run's own for a branch that is no subject: it would cancel the run of main, and then be refused the role", async () => {
    const dispatched = event("workflow_dispatch", { ref: "refs/heads/other" });
    for (const changes of [{}, GATED]) {
      assert.equal(await groupOf(changes, dispatched), "4711");
      assert.equal(await starts(dispatched, changes), false);
      assert.equal(await starts(event("push"), changes), true);
    }
    const inEnvironment = { subjects: ["repo:example-org/app:environment:e2e"], workflow: { environment: "e2e" } };
    assert.equal(await groupOf(inEnvironment, dispatched), "e2e-runner");
    // A form of subjects that only the organization knows.
    assert.equal(await groupOf({ subjects: ["organization:example-org:main"] }, dispatched), "e2e-runner");
  });

  it("belongs to exactly the events that start the machine", async () => {
    for (const gated of [
      event("push"),
      event("workflow_dispatch"),
      event("pull_request", { action: "labeled", label: "e2e-test", labels: ["e2e-test"] }),
      event("pull_request", { action: "reopened", labels: ["e2e-test"] }),
    ]) {
      assert.equal(await starts(gated), true);
    }
  });

  it("cancels an older run only where that was asked for, so that main may finish a run at all", () => {
    assert.equal(yaml().concurrency["cancel-in-progress"], true);
    assert.equal(yaml({ cancelInProgress: false }).concurrency["cancel-in-progress"], false);
  });
});
