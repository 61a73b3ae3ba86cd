import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../clock";
import type { CommandResult } from "../../aws/host-driver";
import { CA_FILE } from "../image-recipe";
import type { Cgroup } from "./cgroups";
import { TOOL_PATH, finished } from "./command";

const BOOT = join(__dirname, "boot.sh");
/** systemd listens here once it has taken over; systemctl works from then on. */
const MANAGER_SOCKET = "run/systemd/private";
/** 60 s: reaching this point takes about half a second; the rest is for a busy host. */
const BOOT_LIMIT_MS = 60_000;
const POLL_MS = 20;
/** Sent to process 1, it makes systemd power off cleanly: SIGRTMIN+4, where SIGRTMIN is 34 in glibc. */
const POWER_OFF_SIGNAL = 34 + 4;
/** With --keep-unit, nspawn does not reboot by itself but exits with this code. */
const REBOOT_EXIT_CODE = 133;
/** 10 s from SIGKILL to the end of the last process: thousands of times what it takes. */
const REAP_LIMIT_MS = 10_000;
/** The control group that nspawn creates for the machine, beside its own. */
const PAYLOAD = "payload";

export interface MachineSettings {
  instanceId: string;
  /** Environment variables of boot.sh. */
  env: Record<string, string>;
  cgroup: Cgroup;
  consoleFile: string;
  clock: Clock;
}

/** One power-on of one machine: from boot until its last process has ended. */
export class SystemdMachine {
  private ended = false;
  private readonly end: Promise<void>;

  private constructor(
    private readonly settings: MachineSettings,
    private readonly nspawn: ChildProcess,
    private leader: number,
  ) {
    this.end = new Promise((resolve) => {
      const onEnd = () => {
        this.ended = true;
        resolve();
      };
      nspawn.once("error", onEnd).once("exit", onEnd);
      if (nspawn.exitCode !== null || nspawn.signalCode !== null) onEnd();
    });
  }

  /** Resolves when systemd has taken over inside; units and user data may still be starting. */
  static async boot(settings: MachineSettings): Promise<SystemdMachine> {
    settings.cgroup.create();
    const console = openSync(settings.consoleFile, "a");
    const nspawn = spawn("sh", [BOOT], {
      stdio: ["ignore", console, console],
      // Not in the terminal's process group: on Ctrl-C nspawn would shut the machine down.
      detached: true,
      env: { PATH: TOOL_PATH, ...settings.env, CGROUP_PROCS: settings.cgroup.procsFiles.join(" ") },
    });
    closeSync(console);
    const machine = new SystemdMachine(settings, nspawn, 0);
    try {
      await machine.findLeader();
    } catch (error) {
      await machine.cutPower();
      throw error;
    }
    return machine;
  }

  get running(): boolean {
    return !this.ended;
  }

  /** Once off: whether the machine requested a reboot. */
  get rebooting(): boolean {
    return this.nspawn.exitCode === REBOOT_EXIT_CODE;
  }

  /**
   * Command line that runs a program inside the machine. A shell outside waits for it. Otherwise nsenter would wait; when
   * the machine's shutdown stops all processes, nsenter stops together with its child, and the shutdown would then wait
   * for a zombie that no one reaps.
   */
  inside(command: string[]): string[] {
    return ["nsenter", ...this.entrance, "--no-fork", "--", "sh", "-c", '"$@"; exit $?', "sh", ...command];
  }

  /** Arguments of nsenter for this machine. */
  get entrance(): string[] {
    return ["--target", String(this.leader), "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"];
  }

  whenOff(): Promise<void> {
    return this.end;
  }

  /** Requests an orderly shutdown and cuts the power after `graceMs`. Returns true if the shutdown was orderly. */
  async powerOff(graceMs: number): Promise<boolean> {
    if (!this.ended) signal(this.leader, POWER_OFF_SIGNAL);
    const orderly = await this.within(graceMs);
    await this.cutPower();
    return orderly;
  }

  /** Ends every process of the machine at once. */
  async cutPower(): Promise<void> {
    const { cgroup, clock, instanceId } = this.settings;
    this.nspawn.kill("SIGKILL");
    const deadline = clock.now() + REAP_LIMIT_MS;
    while (!cgroup.remove()) {
      if (clock.now() > deadline) throw new Error(`instance ${instanceId}: processes ${cgroup.processes().join(", ")} survive SIGKILL`);
      cgroup.kill();
      await clock.sleep(POLL_MS);
    }
    await this.end;
  }

  /**
   * Hibernation: freezes every process of the machine; its memory stays. Unlike on EC2, the monotonic clock keeps
   * running, so timers that became due fire at resumption instead of being delayed.
   */
  async freeze(): Promise<void> {
    this.settings.cgroup.freeze(PAYLOAD, true);
    while (!this.ended && !this.settings.cgroup.isFrozen(PAYLOAD)) await this.settings.clock.sleep(POLL_MS);
  }

  thaw(): void {
    this.settings.cgroup.freeze(PAYLOAD, false);
  }

  /** Runs a script with `sh` as root. Rejects if the machine is off or frozen, or the script takes too long. */
  async run(script: string, limitSeconds: number): Promise<CommandResult> {
    const { instanceId } = this.settings;
    if (this.ended || this.settings.cgroup.isFrozen(PAYLOAD)) throw new Error(`instance ${instanceId} does not answer: it is not running`);
    // `timeout` runs inside: this process could kill only nsenter, not what it started in the machine.
    const limited = ["timeout", "--kill-after=2", String(limitSeconds), "sh", "-c", script];
    const env = [
      "env",
      "-i",
      "HOME=/root",
      `NODE_EXTRA_CA_CERTS=${CA_FILE}`,
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ];
    const [nsenter, ...args] = this.inside([...env, ...limited]);
    const result = await finished(nsenter!, args);
    if (this.ended) throw new Error(`instance ${instanceId} does not answer: it powered off during the command`);
    if (result.exitCode === 124) throw new Error(`instance ${instanceId}: the command took longer than ${limitSeconds} s`);
    return result;
  }

  private async within(ms: number): Promise<boolean> {
    let cancel = () => {};
    const timeout = new Promise<boolean>((resolve) => {
      const timer = this.settings.clock.after(ms, () => resolve(false));
      cancel = () => timer.cancel();
    });
    const inTime = await Promise.race([this.end.then(() => true), timeout]);
    cancel();
    return inTime;
  }

  private async findLeader(): Promise<void> {
    const { cgroup, clock, instanceId, consoleFile } = this.settings;
    const deadline = clock.now() + BOOT_LIMIT_MS;
    while (!this.ended && clock.now() < deadline) {
      const leader = cgroup.processes().find((pid) => isInit(pid, this.nspawn.pid));
      if (leader !== undefined && existsSync(`/proc/${leader}/root/${MANAGER_SOCKET}`)) {
        this.leader = leader;
        return;
      }
      await clock.sleep(POLL_MS);
    }
    const consoleTail = readFileSync(consoleFile, "utf8").trim().split("\n").slice(-15).join("\n");
    const what = this.ended ? "powered off while booting" : `did not boot within ${BOOT_LIMIT_MS / 1000} s`;
    throw new Error(`instance ${instanceId} ${what}; end of its console:\n${consoleTail}`);
  }
}

function signal(pid: number, number: number): void {
  try {
    process.kill(pid, number);
  } catch {
    // The process has already ended.
  }
}

/** nspawn's first child is short-lived; the machine's init is the process whose id is 1 in its own namespace. */
function isInit(pid: number, parent: number | undefined): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const ids = /^NSpid:\s+(.*)$/m.exec(status)?.[1]?.split(/\s+/) ?? [];
    return ids.length > 1 && ids.at(-1) === "1" && new RegExp(`^PPid:\\s+${parent}$`, "m").test(status);
  } catch {
    return false; // It ended in the meantime.
  }
}
