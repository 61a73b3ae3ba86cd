/** Extends pauses of the agent's loops until an input changes. The agent's own code says which polls would do nothing. */
import type { Daemon } from "../../../host-config/actions-runner-pool/agent/daemon";
import { TICK_MS } from "../../../host-config/actions-runner-pool/agent/daemon";
import { repeatsUntil } from "../../../host-config/actions-runner-pool/agent/daemon-state";
import { drain, type DrainHost, type DrainResult } from "../../../host-config/actions-runner-pool/agent/drain";
import { POLL_MS, wouldRepeat as drainWouldRepeat } from "../../../host-config/actions-runner-pool/agent/drain-steps";
import type { SimulatedMachine } from "./machine";
import type { Program } from "./program";

/** `Daemon.run` in a process, until the process is killed. */
export function runDaemon(daemon: Daemon, machine: SimulatedMachine, { process, view, host }: Program): Promise<void> {
  /** Number of input changes before the tick. */
  let version = -1;
  const stopped = () => {
    version = machine.processes.version;
    return !machine.on || !process.alive;
  };
  const repeats = () =>
    machine.environment.skipIdle?.metadataSteady() && version === machine.processes.version
      ? repeatsUntil(daemon.state, machine.unit.snapshot(), machine.record)
      : undefined;
  return daemon.run(stopped, (ms) => {
    const until = ms === TICK_MS ? repeats() : undefined;
    return until === undefined ? view.pause(ms) : view.skip(ms, view.now() + (until - host.clock.now()));
  });
}

/** The drain in a process. While it waits for a worker, it reads the job signs four times a second, for hours. */
export function runDrain(host: DrainHost, machine: SimulatedMachine, { view }: Program): Promise<DrainResult> {
  /** Number of input changes before the last read. */
  let version = -1;
  const signs: DrainHost["signs"] = {
    read: () => {
      version = machine.processes.version;
      return host.signs.read();
    },
  };
  return drain({ ...host, signs }, (ms, state) => {
    const now = host.clock.now();
    const repeats = machine.environment.skipIdle && version === machine.processes.version && drainWouldRepeat(state, now);
    const deadline = view.now() + (state.deadline - now);
    return ms === POLL_MS && repeats ? view.skip(ms, deadline) : view.pause(ms);
  });
}
