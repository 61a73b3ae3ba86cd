import assert from "node:assert/strict";
import type { HostSetup } from "../../../../contract/shared/host-setup";
import type { ExecResult } from "../../../../host-config/shared/prepare/stage";
import { PrepareError } from "../../../../host-config/shared/prepare/prepare-error";
import { bringUp } from "../../../../host-config/shared/storage/bring-up";
import type { BlockDevice } from "../../../../host-config/shared/storage/devices";
import { fileSystems } from "../../../../host-config/shared/storage/file-systems";

const USER = { uid: 1001, gid: 1001 };
const OK: ExecResult = { code: 0, stdout: "", stderr: "" };
const STORE = "Amazon EC2 NVMe Instance Storage";
export const disk = (name: string, ...holders: string[]): BlockDevice => ({ name, model: STORE, holders });

/** A machine whose kernel is asked by the commands that production runs. */
export class FakeMachine {
  readonly commands: string[] = [];
  readonly folders: string[] = [];
  readonly given: string[] = [];
  readonly logged: { level: string; message: string; fields?: object }[] = [];
  paths: string[] = ["/dev/sdf"];
  blocks: BlockDevice[] = [];
  /** blkid's output by device; absent: no signature. */
  signatures: Record<string, string> = {};
  mounted: Record<string, string> = {};
  /** Mount points at which the image must have nothing. */
  readonly hidden: string[] = [];
  /** Programs that are not on the machine. */
  missing: string[] = [];
  private readonly sources: Record<string, string> = {};
  fails: Record<string, ExecResult> = {};
  /** Milliseconds after which the device of this name is there. */
  late: Record<string, number> = {};
  private now = 0;

  readonly exec = async (file: string, args: readonly string[]): Promise<ExecResult> => {
    const line = [file, ...args].join(" ");
    const failure = this.fails[file];
    if (file === "blkid") {
      const text = this.signatures[args.at(-1)!];
      return text === undefined ? { ...OK, code: 2 } : { ...OK, stdout: text };
    }
    if (this.missing.includes(file)) throw Object.assign(new Error(`spawn ${file} ENOENT`), { code: "ENOENT" });
    if (file === "dd") return failure ?? OK;
    if (file === "mountpoint") return this.mountpoint(args[0]!, args[1]!);
    this.commands.push(line);
    if (failure !== undefined) return failure;
    if (file !== "mount" || args.some((arg) => arg.startsWith("remount"))) return OK;
    this.mounted[args.at(-1)!] = args.at(-2)!;
    if (args.includes("--bind")) this.sources[args.at(-1)!] = args.at(-2)!;
    return OK;
  };

  bringUp(setup: HostSetup): Promise<void> {
    const log = (level: string) => (message: string, fields?: object) => void this.logged.push({ level, message, fields });
    return bringUp(setup, USER, {
      exec: this.exec,
      clock: { now: () => this.now, sleep: async (ms) => void (this.now += ms) },
      log: { info: log("info"), warn: log("warn"), error: log("error") },
      signal: new AbortController().signal,
      fileSystems: fileSystems(this.exec, (source, mountPoint) => this.sources[mountPoint] === source),
      snapshot: async () => ({
        blocks: this.blocks,
        paths: [...this.paths, ...Object.entries(this.late).flatMap(([path, at]) => (this.now >= at ? [path] : []))],
      }),
      createMountPoint: (path) => void this.folders.push(path),
      checkHidden: (path) => void this.hidden.push(path),
      give: (path, { uid }, mode) => void this.given.push(`${path} ${uid} ${mode.toString(8)}`),
    });
  }

  async reason(setup: HostSetup): Promise<string> {
    const error = await this.bringUp(setup).then(
      () => assert.fail("it did not fail"),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof PrepareError, String(error));
    return error.message;
  }

  /** As util-linux: the device's number instead of its name. */
  private mountpoint(option: string, path: string): ExecResult {
    if (option === "-x") return { ...OK, stdout: `number of ${path}\n` };
    const device = this.mounted[path];
    return device === undefined ? { ...OK, code: 32 } : { ...OK, stdout: `number of ${device}\n` };
  }
}
