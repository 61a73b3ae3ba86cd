/** What EC2 and GitHub do to a start, and what no role may do to EC2. */
import assert from "node:assert/strict";
import { PERSISTENT_TIMING } from "../../../../contract/persistent-runner/timing";
import { leaseWrites } from "../../../../host-config/persistent-runner/agent/lease";
import { AwsError, type Principal } from "../../../../rehearsal/aws/api";
import { sdkClient } from "../../../../rehearsal/aws/sdk-client";
import { machineJob } from "../../../../rehearsal/scenarios/persistent-runner/persistent-context";
import { BUILD } from "./builds";
import type { DeployedMachine } from "./deployed-machine";
import type { Scenario } from "./scenario";

const PREFERRED = "m7i.large";
const FALLBACK = "m6i.large";
const NO_CAPACITY = "Server.InsufficientInstanceCapacity";

export const CAPACITY: Scenario = {
  rows: [
    {
      fault: "no capacity for the preferred type",
      expected: `stopped again after pending at each attempt: attempts after ${PERSISTENT_TIMING.capacityRetries.join(", ")} s, then the next type`,
    },
  ],

  async run(machine, see) {
    const mark = machine.mark();
    const failed = () => machine.states(mark).filter(({ state, reason }) => state === "stopped" && reason === NO_CAPACITY).length;
    const lack = machine.aws.powerFaults.inject({ how: NO_CAPACITY, instanceType: PREFERRED });
    try {
      const run = await machine.push(machine.app, BUILD);
      for (const [index, wait] of PERSISTENT_TIMING.capacityRetries.entries()) {
        await machine.until(`attempt ${index + 1} to fail`, () => failed() === index + 1);
        await machine.until("its wait to begin", async () => ((await machine.lease()).notBefore ?? 0) > machine.clock.now());
        const left = ((await machine.lease()).notBefore! - machine.clock.now()) / 1000;
        assert.ok(left <= wait && left > wait - 10, `${left} s left of ${wait}`);
        assert.equal(failed(), index + 1, "it was tried before its time");
        machine.skip(left);
      }
      await machine.ended(run, "success");
    } finally {
      lack();
    }
    await machine.free();
    const attempts = PERSISTENT_TIMING.capacityRetries.length + 1;
    assert.equal(failed(), attempts);
    assert.deepEqual(machine.outcomes("ec2:StartInstances", mark), Array(attempts + 1).fill("ok"));
    assert.deepEqual(machine.outcomes("ec2:ModifyInstanceAttribute", mark), ["ok"]);
    assert.equal(machine.aws.fleet.get(machine.id)?.instanceType, FALLBACK);
    see(
      "no capacity for the preferred type",
      `${NO_CAPACITY} ${attempts} times, waits kept by the functions' clock; then 1 ModifyInstanceAttribute, started as the fallback type; the job succeeded`,
    );
  },
};

/** Milliseconds until GitHub answers the new runner's connection: long enough that the workflow asks twice meanwhile. */
const SLOW_CONNECTION = 15_000;

export const STALE_ONLINE: Scenario = {
  rows: [
    {
      fault: "runner of an earlier boot still shown as online",
      expected: "no start is ready by it, and the earlier boot cannot say ready for a later one",
    },
  ],

  async run(machine, see) {
    const stale = await leaveRunnerOnline(machine);
    const route = new RegExp(`^DELETE api\\.github\\.com/.*/runners/${stale.runnerId}$`);
    const undeleted = machine.github.faults.add({ kind: "status", status: 422, route });
    try {
      await connectBeside(stale, machine, see);
    } finally {
      undeleted.remove();
    }
    await machine.free();
  },
};

interface StaleRunner {
  runnerId: number;
  label: string;
  generation: number;
}

async function connectBeside(stale: StaleRunner, machine: DeployedMachine, see: Parameters<Scenario["run"]>[1]): Promise<void> {
  const mark = machine.mark();
  const runners = () => new Map(machine.github.runners().map((runner) => [runner.id, runner]));
  const slow = machine.github.faults.add({ kind: "slow", ms: SLOW_CONNECTION, route: /^POST .*\/_runner\/session$/ });
  try {
    const run = await machine.push(machine.tools, BUILD);
    await machine.until("the next start", async () => ((await machine.lease()).generation ?? 0) > stale.generation);
    assert.equal(await readyOf(machine, stale.generation), false, "an earlier boot said ready for a later one");
    await machine.until("the machine to be found ready", async () => (await machine.lease()).foundReadyAt !== undefined);
    const asked = machine.mark();
    await machine.until("another request", () =>
      machine.since(asked).some((e) => e.kind === "function-run" && e.name === machine.names.controlFunction),
    );
    const { runnerId } = await machine.lease();
    assert.notEqual(runnerId, stale.runnerId);
    assert.deepEqual([runners().get(stale.runnerId)?.online, runners().get(runnerId!)?.online], [true, false]);
    assert.equal(machine.job(run, "start")?.state, "acquired", "it was ready by the earlier boot's runner");
    await machine.ended(run, "success");
    assert.equal(machineJob(run)?.runnerId, runnerId);
    assert.notEqual(machine.job(run, "start")?.outputs?.["label"], stale.label);
  } finally {
    slow.remove();
  }
  assert.deepEqual(machine.outcomes("ec2:StartInstances", mark), ["ok"]);
  see(
    "runner of an earlier boot still shown as online",
    "power cut before its job, its removal refused with 422: online at GitHub while the next boot's runner was not; the start waited for its own, which took the job; a ready of the earlier boot was refused",
  );
}

/** A run whose machine loses its power before GitHub sends it a job, and that is then cancelled. */
async function leaveRunnerOnline(machine: DeployedMachine): Promise<StaleRunner> {
  const withheld = machine.github.jobFaults.withhold({ job: /^\S+ e2e$/ });
  const run = await machine.push(machine.app, BUILD);
  await machine.until("the start to succeed", () => machine.job(run, "start")?.conclusion === "success");
  withheld.remove();
  const { runnerId, label, generation } = await machine.lease();
  await machine.call("ec2:StopInstances", { InstanceIds: [machine.id], Force: true });
  await machine.off();
  await machine.until("the lease to say so", async () => {
    await machine.reap();
    return (await machine.lease()).phase === "stopped";
  });
  run.file?.cancel(false);
  await machine.ended(run, "cancelled");
  assert.ok(
    machine.github.runners().some(({ id, online }) => id === runnerId && online),
    "GitHub has noticed the machine's end already",
  );
  return { runnerId: runnerId!, label: label!, generation: generation! };
}

/** As the machine writes it, late: with the role of the machine, and of that generation. */
function readyOf(machine: DeployedMachine, generation: number): Promise<boolean> {
  const client = sdkClient<Parameters<typeof leaseWrites>[0]["client"]>("dynamodb", (action, params) =>
    machine.aws.gateway.call(instanceOf(machine), action, params),
  );
  const { names, name, clock } = machine;
  return leaseWrites({ client, table: names.leaseTable, name, generation, bootId: "earlier", now: () => clock.now() }).ready("digest");
}

function instanceOf({ aws, id }: DeployedMachine): Principal {
  return { kind: "instance", instanceId: id, roleName: aws.fleet.get(id)?.profile?.roleName ?? "" };
}

/** IAM decides before EC2 looks for it. */
const OTHER = "i-0fedcba9876543210";

export const RIGHTS: Scenario = {
  rows: [
    {
      fault: "roles used on another instance, or to terminate this one",
      expected: "refused to the workflows, to both functions and to the machine itself",
    },
  ],

  async run(machine, see) {
    const { aws, id, names } = machine;
    const outputs = await machine.context.engine.outputs();
    const workflow: Principal = { kind: "session", roleName: String(outputs["roleArn"]).split("/").at(-1)!, sessionName: "e2e" };
    const ofFunction = (functionName: string): Principal => {
      const { state } = aws.store.list("aws:lambda/function:Function").find((one) => one.state["name"] === functionName)!;
      return { kind: "function", functionName, roleName: String(state["role"]).split("/").at(-1)! };
    };
    const control = ofFunction(names.controlFunction);
    const attempt = (principal: Principal, action: string, instance: string) =>
      aws.gateway.call(principal, action, { InstanceIds: [instance], DryRun: true }).then(
        () => "ok",
        (error: unknown) => (error instanceof AwsError ? error.code : String(error)),
      );
    let refused = 0;
    for (const principal of [workflow, control, ofFunction(names.reapFunction), instanceOf(machine)]) {
      for (const [action, instance] of [
        ["ec2:TerminateInstances", id],
        ["ec2:TerminateInstances", OTHER],
        ["ec2:StartInstances", OTHER],
        ["ec2:StopInstances", OTHER],
      ] as const) {
        assert.equal(
          await attempt(principal, action, instance),
          "UnauthorizedOperation",
          `${JSON.stringify(principal)} ${action} ${instance}`,
        );
        refused++;
      }
    }
    for (const action of ["ec2:StartInstances", "ec2:StopInstances"]) {
      assert.equal(await attempt(workflow, action, id), "UnauthorizedOperation");
      assert.equal(await attempt(control, action, id), "DryRunOperation", "a refusal of what is needed shows nothing");
      refused++;
    }
    see(
      "roles used on another instance, or to terminate this one",
      `${refused} calls by 4 roles: UnauthorizedOperation; the control function may start and stop this one`,
    );
  },
};
