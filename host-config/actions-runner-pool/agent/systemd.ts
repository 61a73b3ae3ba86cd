/** Controls the runner's unit and the agent's helper units with systemctl. */
import { createSocket } from "node:dgram";
import { existsSync, readFileSync } from "node:fs";
import { UNITS, type HostConfig } from "../../../contract/actions-runner-pool/host";
import { METADATA_ADDRESSES } from "../../shared/metadata-addresses";
import { UNIT_CGROUP } from "../units/runner-unit";
import { systemctl, unitState } from "../../shared/systemctl";
import type { HelperUnits } from "./ports/helper-units";
import type { HostClock } from "../../shared/ports/clock";
import type { Log } from "../../shared/ports/log";
import { forbidForks, killUntilGone } from "./leftovers";
import type { RunnerUnit } from "./ports/runner-unit";
import { unitPids, unitProcesses } from "./processes";
import { accountOf } from "../../shared/account";
import { updateFinished } from "./runner-update";
import { endUserSlice } from "./user-slice";

/** systemd applies the fence a moment after systemctl returns. */
const FENCE_TRIES = 20;
const FENCE_PAUSE_MS = 50;

/**
 * @param config `jobsMayUseInstanceRole`: whether lowering the fence also opens the metadata addresses; `runnerUser`: absent if
 *   the configuration was lost
 */
export function runnerUnit(
  clock: HostClock,
  { jobsMayUseInstanceRole, runnerUser, reuse }: Pick<HostConfig, "jobsMayUseInstanceRole"> & Partial<HostConfig>,
  log: Pick<Log, "warn">,
): RunnerUnit {
  // An empty assignment clears the list, so the addresses that the unit denies must be set again.
  const usual = jobsMayUseInstanceRole ? [] : [`IPAddressDeny=${METADATA_ADDRESSES.join(" ")}`];
  return {
    state: () => unitState(UNITS.runner),
    async start() {
      await systemctl("start", "--no-block", UNITS.runner);
    },
    async stop() {
      await systemctl("stop", "--no-block", UNITS.runner);
    },
    async raiseFence() {
      await systemctl("set-property", "--runtime", UNITS.runner, "IPAddressDeny=any");
      // The kernel applies it to the cgroup; a listener that a job moved out of there receives as before.
      return (await fenceHolds(clock)) && !unitProcesses().some(({ moved, comm }) => moved === true && comm === "Runner.Listener");
    },
    async lowerFence() {
      await systemctl("set-property", "--runtime", UNITS.runner, "IPAddressDeny=", ...usual);
    },
    async interrupt(pid) {
      // Another process may have got this pid since it was read.
      if (unitProcesses().some((process) => process.pid === pid && process.comm === "Runner.Listener")) kill(pid, "SIGINT");
    },
    async killLeftovers() {
      await updateFinished(clock, () => unitProcesses().map(({ pid }) => pid));
      // The kernel's list has those that end while they are read, the other one those that a job moved out of the unit.
      const pids = () => [...new Set([...unitPids(), ...unitProcesses().map(({ pid }) => pid)])].filter((pid) => pid !== process.pid);
      const alone = await killUntilGone({ pids, kill: (pid) => kill(pid, "SIGKILL"), forbidForks }, clock, log);
      // Second: until the unit is empty, a process there can have systemd move it to its user's slice.
      return (await endUserProcesses(runnerUser, clock, { reuse }, log)) && alone;
    },
  };
}

export function helperUnits(): HelperUnits {
  return {
    async startCompletion() {
      await systemctl("start", "--no-block", UNITS.complete);
    },
    async startHeartbeat() {
      await systemctl("start", "--no-block", UNITS.heartbeat);
    },
  };
}

/** An error of systemd or of the account must not keep the next listener from starting, or the instance from terminating. */
async function endUserProcesses(
  user: string | undefined,
  clock: HostClock,
  config: Pick<HostConfig, "reuse">,
  log: Pick<Log, "warn">,
): Promise<boolean> {
  if (user === undefined) return true;
  try {
    return await endUserSlice(user, accountOf(user), clock, config);
  } catch (error) {
    log.warn("processes of the job's user outside of the runner's unit could not be ended", { error: String(error) });
    return true;
  }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/**
 * systemd accepts the setting even if the kernel cannot enforce it. The drain runs in the fenced cgroup, so it can test
 * the fence: a datagram to its own machine must be refused. From outside, only the kernel's features can be checked.
 */
async function fenceHolds(clock: HostClock): Promise<boolean> {
  if (!existsSync("/sys/fs/cgroup/cgroup.controllers")) return false;
  if (!readFileSync("/proc/self/cgroup", "utf8").includes(UNIT_CGROUP)) return unitIsRunning();
  for (let attempt = 0; attempt < FENCE_TRIES; attempt++) {
    if (await datagramRefused()) return true;
    await clock.sleep(FENCE_PAUSE_MS);
  }
  return false;
}

/** systemd applies address filters only to running units: processes left by a stopped unit cannot be fenced. */
async function unitIsRunning(): Promise<boolean> {
  return !["inactive", "failed"].includes((await systemctl("show", UNITS.runner, "--property=ActiveState", "--value")).trim());
}

/** Port 9 is `discard`; whether a process listens there makes no difference. */
function datagramRefused(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    socket.on("error", () => undefined);
    socket.send("", 9, "127.0.0.1", (error) => {
      socket.close();
      resolve((error as NodeJS.ErrnoException | null)?.code === "EPERM");
    });
  });
}
