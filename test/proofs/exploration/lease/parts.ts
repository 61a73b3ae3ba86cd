/** The real functions under exploration, loaded from their sources unchanged or with small substitutions (a mutant). */
import { persistentRunnerNames } from "../../../../contract/persistent-runner/names";
import { PERSISTENT_TIMING } from "../../../../contract/persistent-runner/timing";
import type { ReapPorts } from "../../../../functions/persistent-runner/reap/reap";
import type { ControlPorts } from "../../../../functions/persistent-runner/shared/ports";
import type { StartSettings } from "../../../../functions/persistent-runner/shared/settings";
import { type Substitution, withSubstitutions } from "../../../support/substitutions";
import { type Ask, Replay } from "../replay";
import type { Process, RunIndex } from "./state";
import { NOW, TIMEOUTS } from "./time";

export interface Parts {
  control: typeof import("../../../../functions/persistent-runner/control/control").control;
  reap: typeof import("../../../../functions/persistent-runner/reap/reap").reap;
  readLease: typeof import("../../../../functions/persistent-runner/shared/lease").readLease;
  replay: Replay;
}

/** Loads fresh copies of the modules, so that mutants are isolated. */
export function loadParts(...substitutions: Substitution[]): Parts {
  return withSubstitutions(["functions"], substitutions, (load) => ({
    control: load("functions/persistent-runner/control/control").control,
    reap: load("functions/persistent-runner/reap/reap").reap,
    readLease: load("functions/persistent-runner/shared/lease").readLease,
    replay: new Replay(),
  }));
}

export const RUNS = ["octo-org/app#7#1", "octo-org/lib#8#1"] as const;
export const NO_ANSWER = "no answer";
export const TYPE = "m7i.large";

const object = { bucket: "bucket", key: "key", sha256: "d" };
export const SETTINGS: StartSettings = {
  name: "build",
  names: persistentRunnerNames("build"),
  instanceId: "i-1",
  registration: "jit",
  timeouts: TIMEOUTS,
  instanceTypes: [TYPE],
  bundle: object,
  configuration: object,
};

/** What the function of a process is called by in the replay: its inputs besides the ports. */
export const nameOf = ({ kind, run }: Pick<Process, "kind" | "run">) => `${kind} ${run}`;

export function runOf({ kind, run }: Pick<Process, "kind" | "run">, parts: Parts): (ask: Ask) => Promise<unknown> {
  return (ask) => {
    const ports = portsOf(ask);
    if (kind === "reap") return parts.reap(ports, SETTINGS, SILENT);
    const holder = RUNS[run as RunIndex];
    return parts.control({ action: kind, token: holder }, async () => holder, ports, SETTINGS, SILENT);
  };
}

const SILENT = { log: { info: () => undefined, warn: () => undefined, error: () => undefined }, count: () => undefined };

function portsOf(ask: Ask): ControlPorts & ReapPorts {
  return {
    forceStopAfter: PERSISTENT_TIMING.forceStopAfter,
    random: (digits) => "0".repeat(digits),
    clock: { now: () => NOW, after: () => ({ cancel: () => undefined }) },
    lease: { read: () => ask("read"), write: (write) => ask("write", write) },
    power: {
      state: () => ask("power"),
      start: () => ask("start").catch(named),
      stop: (force) => ask("stop", force).catch(named),
      setType: async () => undefined,
      console: async () => [],
    },
    order: {
      put: (order) => ask("order", order.generation),
      // What is left over costs nothing here, and its deletion decides nothing.
      age: async () => undefined,
      delete: async () => undefined,
    },
    runners: {
      create: () => ask("create"),
      registrationToken: async () => "",
      state: ({ runnerId }) => ask("runner", runnerId ?? null),
      retire: ({ runnerId }) => ask("retire", runnerId ?? null),
      remove: (runnerId) => ask("remove", runnerId),
    },
  };
}

/** As the SDK's errors, which have AWS's code as their name, and say whose fault it is unless there was no answer. */
function named(error: Error): never {
  throw Object.assign(error, { name: error.message, ...(error.message !== NO_ANSWER && { $fault: "client" }) });
}
