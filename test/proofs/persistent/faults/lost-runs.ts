/** Runs that never stop the machine: GitHub ends them by force, so that no job of theirs runs any more. */
import assert from "node:assert/strict";
import { PERSISTENT_LOG, PERSISTENT_UNITS } from "../../../../contract/persistent-runner/host";
import { PERSISTENT_METRIC } from "../../../../contract/persistent-runner/metrics";
import { PERSISTENT_TIMING } from "../../../../contract/persistent-runner/timing";
import { DEFAULTS } from "../../../../components/persistent-runner/defaults";
import { BUILD } from "./builds";
import { type DeployedMachine, IDLE_STOP } from "./deployed-machine";
import type { Scenario } from "./scenario";

/** Seconds beyond the idle stop within which the machine is off. */
const MARGIN = 300;

/** Its start is killed once EC2 has accepted StartInstances, before the reply arrives. Returns when that was, in the cloud's milliseconds. */
async function loseStart(machine: DeployedMachine, mark: number): Promise<number> {
  const run = await machine.push(machine.tools, BUILD);
  await machine.until("EC2 to have accepted the start", () => machine.states(mark).some(({ state }) => state === "pending"));
  run.file?.cancel(true);
  await machine.ended(run, "cancelled");
  assert.equal(machine.job(run, "start")?.outputs?.["label"], undefined);
  assert.notEqual(machine.job(run, "stop")?.conclusion, "success");
  await machine.until("the machine to be ready", async () => (await machine.lease()).phase === "ready");
  return machine.calls("ec2:StartInstances", mark)[0]!.at;
}

function offAt(machine: DeployedMachine, mark: number): number {
  return machine
    .states(mark)
    .filter(({ state }) => state === "stopped")
    .at(-1)!.at;
}

export const IDLES: Scenario = {
  rows: [
    {
      fault: "start killed after StartInstances, and the run never stops the machine",
      expected: "the machine is off within idleStopTimeout and 5 minutes, and free for other runs",
    },
  ],

  async run(machine, see) {
    const mark = machine.mark();
    const startedAt = await loseStart(machine, mark);
    // Its timer looks twice a minute, the first time after half a one: more often, only to save time.
    await machine.until(
      "the machine to switch itself off",
      async () => machine.power === "stopped" || machine.tried(`systemctl start ${PERSISTENT_UNITS.idle}; sleep 5`),
      IDLE_STOP + MARGIN,
    );
    const seconds = (offAt(machine, mark) - startedAt) / 1000;
    assert.ok(seconds <= IDLE_STOP + MARGIN, `off after ${seconds} s`);
    assert.equal(machine.logged(PERSISTENT_LOG.idleStop, mark), 1);
    assert.deepEqual(machine.outcomes("ec2:StopInstances", mark), []);
    machine.skip(PERSISTENT_TIMING.heldWhileOff + 1);
    await machine.free();
    see(
      "start killed after StartInstances, and the run never stops the machine",
      "idleStopTimeout of 1 min, by the wall clock: the machine switched itself off within it and 5 min; the reaper dropped the dead run's hold",
    );
  },
};

/** The reaper's way takes as long as a silent run is waited for, and a pass. */
const REAPED = PERSISTENT_TIMING.holderSilence + PERSISTENT_TIMING.reapInterval;

export const IDLES_UNNOTICED: Scenario = {
  rows: [
    {
      fault: "the same, and the machine does not notice that it idles",
      expected: "the reaper takes it from the run that asks no more, and stops it",
    },
  ],

  async run(machine, see) {
    const mark = machine.mark();
    const startedAt = await loseStart(machine, mark);
    await machine.sh(`systemctl stop ${PERSISTENT_UNITS.idleTimer}`);
    machine.skip(PERSISTENT_TIMING.reapInterval + 1);
    await machine.until("the reaper to stop the machine", () => machine.power === "stopped");
    const seconds = (offAt(machine, mark) - startedAt) / 1000;
    assert.ok(seconds <= REAPED + PERSISTENT_TIMING.settle, `off after ${seconds} s`);
    assert.ok(REAPED + PERSISTENT_TIMING.settle <= DEFAULTS.idleStopTimeout + MARGIN);
    assert.deepEqual(machine.outcomes("ec2:StopInstances", mark), ["ok"]);
    assert.equal(machine.metric(PERSISTENT_METRIC.expiredLeases, mark), 1);
    await machine.free();
    see(
      "the same, and the machine does not notice that it idles",
      "idle stop disabled: ExpiredLeases 1, 1 StopInstances by a scheduled pass; off at most 10 min after the start by the functions' clock",
    );
  },
};
