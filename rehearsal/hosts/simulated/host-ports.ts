import { awsPorts } from "../../../host-config/actions-runner-pool/agent/aws-adapters";
import { imdsPort } from "../../../host-config/shared/imds";
import type { HelperUnits } from "../../../host-config/actions-runner-pool/agent/ports/helper-units";
import type { Host } from "../../../host-config/actions-runner-pool/agent/ports/host";
import type { RunnerUnit } from "../../../host-config/actions-runner-pool/agent/ports/runner-unit";
import { withClockStamps } from "../../../host-config/actions-runner-pool/agent/stamps";
import type { SimulatedMachine } from "./machine";
import { DEFAULT_RUNNER_TIMING } from "./runner-timing";
import { type InstanceCall, awsClients } from "./aws-clients";
import type { AgentProcess } from "./agent-process";
import { registrarPort } from "./registrar";
import type { View } from "./view";

/** Milliseconds of a call to AWS. */
const CALL_LATENCY = 80;
/** Milliseconds in which a machine gets back the runner of its installation: its programs take some 600 MB. */
const RENEWAL = 4_000;

/** The ports of one process of the agent. A replayed poll reads the inputs that the process's view has stored for it. */
export function hostPorts(machine: SimulatedMachine, helpers: HelperUnits, process: AgentProcess, view: View): Host {
  const { environment, config } = machine;
  const call: InstanceCall = async (action, params) => {
    await process.sleep(environment.callMs?.() ?? CALL_LATENCY);
    return process.waitFor(environment.call(action, params));
  };
  // A process keeps the wall-clock offset that it started with; a later change shows only in the runner's timestamps.
  const { skew } = machine;
  const clock = { now: () => view.now() + skew, sleep: (ms: number) => view.pause(ms) };
  const timeOfDay = () => view.now() + (view.replayed?.skew ?? machine.skew);
  const imds = imdsPort(async (path) => {
    if (path === "instance-id") return machine.instanceId;
    return view.replayed ? view.replayed.target : environment.metadata(path);
  });
  const clients = awsClients(call, (ms) => process.sleep(ms));
  return {
    config,
    clock,
    log: machine.log(),
    imds,
    unit: unitPort(machine, process, view),
    signs: withClockStamps({ read: async () => view.replayed?.signs ?? machine.signs() }, clock, timeOfDay),
    ...awsPorts(clients, config, imds, { now: timeOfDay }),
    registrar: registrarPort(machine, process),
    helpers,
    disk: { space: async () => [machine.space] },
    // Jobs of the simulation have no containers, and its hosts deliver no logs.
    engine: { settle: async () => undefined, reset: async () => undefined },
    hostLogs: { flush: async () => undefined, endReader: async () => undefined },
    jobMark: { set: () => undefined, get: () => undefined, clear: () => undefined },
    pause: {
      set: async () => void (machine.paused = true),
      isSet: async () => machine.paused,
      clear: async () => void (machine.paused = false),
    },
    service: {
      set: async () => machine.setMark("served", true),
      isSet: async () => machine.record.served,
      clear: async () => machine.setMark("served", false),
    },
    returning: {
      set: async () => machine.setMark("returning", true),
      isSet: async () => machine.record.returning,
      clear: async () => machine.setMark("returning", false),
    },
    renewal: {
      endProcesses: async () => {
        if (!(await machine.unit.killLeftovers())) throw new Error("processes are left");
      },
      // Jobs of the simulation leave nothing that starts by itself.
      disarm: async () => undefined,
      restore: async () => {
        await process.sleep(RENEWAL);
        machine.restore();
      },
      // What fills a disk in the simulation is in that folder.
      deleteWork: async () => machine.fillDisk(false),
      check: async () => {
        const { listener, workers } = machine.signs();
        if (listener !== undefined || workers > 0) throw new Error("processes are left");
      },
    },
    departure: {
      set: async () => void (machine.departing = true),
      isSet: async () => machine.departing,
    },
    forcedStop: {
      set: async () => void (machine.forced = { set: true, uncounted: true }),
      isSet: async () => machine.forced.set,
      clear: async () => void (machine.forced.set = false),
      isUncounted: async () => machine.forced.uncounted,
      setCounted: async () => void (machine.forced.uncounted = false),
    },
    console: async (line) => machine.log().info(line),
  };
}

function unitPort(machine: SimulatedMachine, process: AgentProcess, view: View): RunnerUnit {
  const { unit, environment } = machine;
  return {
    state: async () => view.replayed?.unit ?? unit.snapshot(),
    start: () => unit.start(),
    stop: () => unit.stop(),
    raiseFence: () => unit.raiseFence(),
    lowerFence: () => unit.lowerFence(),
    interrupt: async (pid) => {
      await process.sleep((environment.timing ?? DEFAULT_RUNNER_TIMING).signal);
      await unit.interrupt(pid);
    },
    killLeftovers: () => unit.killLeftovers(),
  };
}
