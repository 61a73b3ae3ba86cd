import { serviceRunner } from "../../../contract/persistent-runner/names";
import type { Lease } from "../../../contract/persistent-runner/lease";
import type { GitHubRunners, Runner } from "../../shared/github/runners";
import type { RunnerPorts } from "./ports";
import type { MachineSettings } from "./settings";

/** The runner of the lease's generation. */
export function runnerPorts(runners: () => GitHubRunners, { name, registration }: MachineSettings): RunnerPorts {
  const find = async ({ runnerId, label }: Lease, signal: AbortSignal): Promise<Runner | undefined> => {
    if (registration === "jit") return runnerId === undefined ? undefined : runners().get(runnerId, signal);
    // A list may be a minute old.
    const listed = await runners().find(serviceRunner(name), signal);
    const runner = listed && (await runners().get(listed.id, signal));
    // One of an earlier start may be shown as online while the machine boots, until this start's registration replaces it.
    return label !== undefined && runner?.labels.includes(label) ? runner : undefined;
  };
  return {
    async state(lease, signal) {
      const runner = await find(lease, signal);
      if (runner === undefined) return "absent";
      if (runner.busy) return "busy";
      return runner.online ? "idle" : "offline";
    },
    async retire(lease, signal) {
      const id = registration === "jit" ? lease.runnerId : (await find(lease, signal))?.id;
      if (id === undefined) return "retired";
      return (await runners().remove(id, signal)) === "busy" ? "busy" : "retired";
    },
    remove: (runnerId, signal) => runners().remove(runnerId, signal),
  };
}
