import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Clock } from "../../clock";
import type { Timeline } from "../../timeline";
import { TOOL_PATH, finished } from "./command";
import type { SystemdMachine } from "./systemd-machine";

/** Kept for inspection after a failure; a machine that runs for minutes writes far fewer. */
const TEXT_LINES = 5000;
/** 200 ms: journald may not have started at the first attempt to read. */
const RETRY_MS = 200;

interface Entry {
  __CURSOR: string;
  /** Microseconds since the epoch. */
  __REALTIME_TIMESTAMP: string;
  _UID?: string;
  /** An array of byte values if the text is not printable. */
  MESSAGE?: string | number[] | null;
}

/**
 * Reads one machine's journal into the timeline, across power-offs: live from inside while it runs, and once more from
 * its disk after each power-off, so that the last lines are not lost. Only root's structured lines count: a job can write
 * to the journal too, but not as root.
 */
export class JournalReader {
  private cursor: string | undefined;
  private follower: ChildProcess | undefined;

  constructor(
    private readonly instanceId: string,
    private readonly directory: string,
    private readonly timeline: Timeline,
    private readonly clock: Clock,
  ) {}

  follow(machine: SystemdMachine): void {
    if (!machine.running) return;
    const reader = ["journalctl", "--follow", "--no-tail", ...this.selection()];
    const enter = [...machine.entrance, "--no-fork", "--", "sh", "-c", '("$@" &)', "sh", ...reader];
    // The inner shell ends at once, so that the machine's process 1 inherits the reader. At shutdown, process 1 waits for
    // every process that it sees, and would wait 10 s for one that is not its child.
    const follower = spawn("nsenter", enter, { stdio: ["ignore", "pipe", "ignore"], detached: true, env: { PATH: TOOL_PATH } });
    this.follower = follower;
    createInterface({ input: follower.stdout }).on("line", (line) => this.take(line));
    follower.once("error", () => {});
    follower.once("close", () => {
      this.clock.after(RETRY_MS, () => {
        if (this.follower === follower) this.follow(machine);
      });
    });
  }

  /** Reads what is left. Call it when the machine is off. */
  async catchUp(): Promise<void> {
    const follower = this.follower;
    this.follower = undefined;
    // The reader ended with the machine; first read what is still in the pipe.
    if (follower && !follower.stdout?.closed) await new Promise((resolve) => follower.stdout?.once("close", resolve));
    const rest = await finished("journalctl", ["--directory", this.directory, ...this.selection()]);
    for (const line of rest.stdout.split("\n")) this.take(line);
  }

  /** Human-readable text, read from the disk, so it works whether or not the machine runs. */
  async text(): Promise<string> {
    const args = ["--directory", this.directory, "--output=short-precise", `--lines=${TEXT_LINES}`, "--no-pager", "--quiet"];
    return (await finished("journalctl", args)).stdout;
  }

  private selection(): string[] {
    return [
      "--output=json",
      "--output-fields=MESSAGE,_UID",
      "--all", // Otherwise long fields would be null.
      "--quiet",
      "--no-pager",
      ...(this.cursor === undefined ? [] : [`--after-cursor=${this.cursor}`]),
      "_UID=0",
    ];
  }

  private take(line: string): void {
    const entry = parse<Entry>(line);
    if (entry?.__CURSOR === undefined) return;
    this.cursor = entry.__CURSOR;
    const structured = entry._UID === "0" ? structuredLine(entry.MESSAGE) : undefined;
    if (!structured) return;
    const { message, ...fields } = structured;
    const at = Math.round(Number(entry.__REALTIME_TIMESTAMP) / 1000);
    const event = { at, kind: "host-log" as const, instance: this.instanceId, message, fields };
    this.timeline.record(event);
  }
}

function structuredLine(text: Entry["MESSAGE"]): ({ message: string } & Record<string, unknown>) | undefined {
  const line = Array.isArray(text) ? Buffer.from(text).toString("utf8") : text;
  if (!line?.startsWith("{")) return undefined;
  const value = parse<{ message?: unknown }>(line);
  return typeof value?.message === "string" ? (value as { message: string }) : undefined;
}

function parse<T>(text: string): T | undefined {
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}
