/**
 * The runner's diagnostic logs, by a process of the job's user in a unit of its own. Not in the shipper's: a job may trace a process of
 * its own uid, and from there it would reach the metadata and with them the instance's credentials. That unit may reach nothing.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { HOST_UNITS } from "../../../contract/shared/host-units";
import { sizeOf } from "./batch";
import { LONGEST_REPLY, type DiagnosticLine, parseOffsets, parseReply, withOffset } from "./diagnostic-line";
import { type LogEvent, stampOf, textOf } from "./event";
import { LineSplitter } from "./lines";
import type { LogSource } from "./source";
import type { Positions } from "./state";

const NAME = "diagnostics";
/** A job can end the reader whenever it likes. */
const RESTART_MS = 30_000;
/** Bytes. The files are the buffer: beyond that the reader waits. */
const BUFFER_BYTES = 1024 * 1024;
/** A reader that a job has stopped never answers. */
const SYNC_MS = 2_000;

export interface DiagnosticsOptions {
  /** Command line of the reader. */
  command: readonly string[];
  positions: Positions;
  now(): number;
  /** Overridden by tests. */
  restartMs?: number;
}

/** The reader's command line, as the job's user and without a way to anything but its standard input and output. */
export function readerCommand(user: string, agent: readonly string[]): string[] {
  const properties = [
    "IPAddressDeny=any",
    "NoNewPrivileges=yes",
    "MemoryMax=128M",
    // Node.js has some ten threads. What a job has this process start is bounded by it, too.
    "TasksMax=32",
    "Nice=10",
    // Also when the shipper was killed. Nothing of a job's may delay its next start.
    `BindsTo=${HOST_UNITS.logs}`,
    "KillSignal=SIGKILL",
    "OOMPolicy=continue",
  ];
  return [
    ...["systemd-run", "--quiet", "--wait", "--pipe", "--collect", `--unit=${HOST_UNITS.diagnostics}`, `--uid=${user}`],
    ...properties.map((property) => `--property=${property}`),
    ...["--", ...agent, "diagnostics"],
  ];
}

interface Buffered {
  line: DiagnosticLine;
  event: LogEvent;
}

export class DiagnosticsSource implements LogSource {
  readonly name = NAME;
  private buffer: Buffered[] = [];
  private bytes = 0;
  private time: number;
  private child: ChildProcess | undefined;
  private stopped = false;
  private restart: NodeJS.Timeout | undefined;
  private readonly waiting = new Map<string, () => void>();

  constructor(private readonly options: DiagnosticsOptions) {
    this.time = options.now();
  }

  start(): void {
    const { command, positions, restartMs = RESTART_MS } = this.options;
    const [file, ...args] = command;
    // Not our standard error: it is a stream to the journal in root's name.
    const child = spawn(file!, args, { stdio: ["pipe", "pipe", "ignore"] });
    this.child = child;
    const lines = new LineSplitter(LONGEST_REPLY);
    child.stdout.on("data", (piece: Buffer) => {
      for (const { text } of lines.push(piece)) this.take(text);
      if (this.bytes >= BUFFER_BYTES) child.stdout.pause();
    });
    child.stdin.on("error", () => undefined);
    child.stdin.write(`${JSON.stringify(this.offsetsRead(parseOffsets(positions.get(NAME))))}\n`);
    let over = false;
    const ended = () => {
      if (over || this.stopped) return;
      over = true;
      this.restart = setTimeout(() => this.start(), restartMs);
    };
    child.once("error", ended).once("close", ended);
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.restart);
    // The unit ends with its input, or else with the shipper's.
    this.child?.stdin?.end();
    this.child?.stdout?.destroy();
    this.child?.kill();
  }

  async read(bytes: number) {
    const taken: Buffered[] = [];
    let size = 0;
    while (size < bytes && taken.length < this.buffer.length) {
      const next = this.buffer[taken.length]!;
      taken.push(next);
      size += sizeOf(next.event);
    }
    return { events: taken.map(({ event }) => event), more: taken.length < this.buffer.length, accepted: () => this.accept(taken, size) };
  }

  async sync(): Promise<void> {
    const { child } = this;
    if (child?.stdin?.writable !== true) return;
    const token = randomUUID();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, SYNC_MS);
      this.waiting.set(token, () => {
        clearTimeout(timer);
        resolve();
      });
      child.stdin!.write(`${token}\n`);
    });
    this.waiting.delete(token);
  }

  private take(text: string): void {
    const reply = parseReply(text);
    if (reply === undefined) return;
    if ("synced" in reply) return this.waiting.get(reply.synced)?.();
    const now = this.options.now();
    this.time = stampOf(reply.text, now) ?? Math.max(this.time, now - 60_000);
    const event = { time: this.time, text: textOf({ source: NAME, file: reply.file, message: reply.text }) };
    this.buffer.push({ line: reply, event });
    this.bytes += sizeOf(event);
  }

  private accept(taken: readonly Buffered[], size: number): void {
    const { positions } = this.options;
    this.buffer.splice(0, taken.length);
    this.bytes -= size;
    if (taken.length > 0) positions.set(NAME, JSON.stringify(this.offsetsRead(parseOffsets(positions.get(NAME)), taken)));
    if (this.bytes < BUFFER_BYTES) this.child?.stdout?.resume();
  }

  /** With lines that are in the buffer, or just were. */
  private offsetsRead(offsets: ReturnType<typeof parseOffsets>, lines: readonly Buffered[] = this.buffer) {
    return lines.reduce((all, { line }) => withOffset(all, line), offsets);
  }
}
