import { UNFINISHED } from "../../../contract/persistent-runner/lease";
import { type BootOrder, preparationDigest } from "../../../contract/persistent-runner/order";
import type { BootHost, DiskUse } from "../../../host-config/persistent-runner/agent/ports/boot-host";
import { CONFIG, ORDER } from "./fixtures";

export const GIB = 1024 ** 3;
export const ROOMY: DiskUse = { path: "/", used: 30, available: 100 * GIB, freeInodes: 90 };

/** A machine whose parts note what they are asked for, in order. */
export class FakeBootHost implements BootHost {
  readonly done: string[] = [];
  readonly logged: { level: string; message: string; fields?: object }[] = [];
  config = CONFIG;
  order: BootOrder = ORDER;
  kept: string | undefined = preparationDigest(ORDER);
  /** Of each measurement; the last one for all further. */
  measured: DiskUse[][] = [[ROOMY]];
  /** Of each write: its answer, or what it rejects with. The last one for all further. */
  leaseAnswers: (boolean | Error)[] = [true];
  failing: Partial<Record<string, Error>> = {};
  slept: number[] = [];

  readonly clock = { now: () => 0, sleep: async (ms: number) => void this.slept.push(ms) };
  readonly log = {
    info: (message: string, fields?: object) => void this.logged.push({ level: "info", message, fields }),
    warn: (message: string, fields?: object) => void this.logged.push({ level: "warn", message, fields }),
    error: (message: string, fields?: object) => void this.logged.push({ level: "error", message, fields }),
  };
  readonly lease = {
    ready: async (prepared: string) => {
      this.done.push(`ready ${prepared}`);
      const [answer] = this.leaseAnswers.length > 1 ? this.leaseAnswers.splice(0, 1) : this.leaseAnswers;
      if (answer instanceof Error) throw answer;
      return answer!;
    },
    failed: async (reason: string) => this.note(`failed ${reason}`),
  };
  readonly prepared = {
    get: () => this.kept,
    set: (text: string) => {
      this.kept = text;
      this.done.push(text === UNFINISHED ? "keep unfinished" : "keep prepared");
    },
  };
  readonly runner = { configure: async () => this.note("configure"), start: async () => this.note("start") };

  endFormerProcesses = async () => this.note("end former processes");
  evictable = () =>
    [
      { what: "logs", path: "/" },
      { what: "first", path: "/ci-cache" },
      { what: "second", path: "/ci-cache" },
    ].map(({ what, path }) => ({ what, path, free: async () => this.note(`evict ${what}`) }));
  installLoader = async () => this.note("install loader");
  settleJobs = async () => this.note("settle");
  prepare = async () => this.note("prepare");
  mountVolumes = async () => this.note("mount");
  liftFirstBootLimit = async () => this.note("lift");
  powerOff = async () => this.note("off");
  disks = async () => (this.measured.length > 1 ? this.measured.splice(0, 1)[0]! : this.measured[0]!);

  private note(what: string): void {
    this.done.push(what);
    const error = this.failing[what];
    if (error !== undefined) throw error;
  }
}
