/**
 * The runner's diagnostic logs, by a process of the job's user in a unit of its own. Not in the shipper's: a job may trace a process of
 * its own uid, and from there it would reach the metadata and with them the instance's credentials. That unit may reach nothing.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import type { Duplex, Readable } from "node:stream";
import { HOST_UNITS } from "../../../contract/shared/host-units";
import { sizeOf } from "./batch";
import { LONGEST_REPLY, type DiagnosticLine, parseOffsets, parseReply, withOffset } from "./diagnostic-line";
import { type LogEvent, stampOf, textOf } from "./event";
import { LineSplitter } from "./lines";
import type { LogSource } from "./source";
import type { Positions } from "./state";

const NAME = "diagnostics";
/** From one start of the reader to the next: a job can end it whenever it likes. */
const RESTART_MS = 10_000;
/** At least, from its end. */
const SHORTEST_MS = 1_000;
/** Bytes. The files are the buffer: beyond that the reader waits. */
const BUFFER_BYTES = 1024 * 1024;
/** Until the next look at whether the reader may start. */
const BLOCKED_MS = 1_000;
/** A reader that a job has stopped never answers. */
const SYNC_MS = 2_000;

export interface DiagnosticsOptions {
  /** Command line of the reader. */
  command: readonly string[];
  positions: Positions;
  now(): number;
  /** False while no process of the job's user may start. Ending one that runs is its caller's. */
  mayRead?(): boolean;
  /** Overridden by tests. */
  restartMs?: number;
  blockedMs?: number;
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
    // So that it ends after the shipper, in a shutdown too, and reads once more for the last flush. It delays no start of the shipper.
    `Before=${HOST_UNITS.logs}`,
    "DefaultDependencies=no",
    "TimeoutStopSec=2",
    "KillSignal=SIGKILL",
    "OOMPolicy=continue",
  ];
  return [
    ...["systemd-run", "--quiet", "--wait", "--pipe", "--collect", `--unit=${HOST_UNITS.diagnostics}`, `--uid=${user}`],
    ...properties.map((property) => `--property=${property}`),
    ...["--", ...agent, "diagnostics"],
  ];
}

interface Reader {
  process: ChildProcess;
  input: Duplex;
  output: Readable;
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
  private child: Reader | undefined;
  private stopped = false;
  private restart: NodeJS.Timeout | undefined;
  private readonly waiting = new Map<string, (synced: boolean) => void>();

  constructor(private readonly options: DiagnosticsOptions) {
    this.time = options.now();
  }

  /** Starts the reader as soon as it may, and again whenever it has ended. */
  start(): void {
    if (this.stopped || this.child !== undefined) return;
    clearTimeout(this.restart);
    if (this.mayRead()) this.spawn();
    else this.startIn(this.options.blockedMs ?? BLOCKED_MS);
  }

  private mayRead(): boolean {
    return this.options.mayRead?.() !== false;
  }

  private startIn(ms: number): void {
    this.restart = setTimeout(() => this.start(), ms);
  }

  private spawn(): void {
    const { command, positions, restartMs = RESTART_MS } = this.options;
    // Its input is not what Node.js closes when the child ends: systemd-run does so with D-Bus, early in a shutdown, and the reader goes on.
    // Not our standard error: it is a stream to the journal in root's name.
    const child = spawn("/bin/sh", ["-c", 'exec "$@" <&3 3<&-', "sh", ...command], { stdio: ["ignore", "pipe", "ignore", "pipe"] });
    const output = child.stdout!;
    const input = child.stdio[3] as Duplex;
    this.child = { process: child, input, output };
    const begun = performance.now();
    const lines = new LineSplitter(LONGEST_REPLY);
    output.on("data", (piece: Buffer) => {
      for (const { text } of lines.push(piece)) this.take(text);
      if (!this.isFull()) return;
      output.pause();
      // Their answers are behind the pause.
      this.giveUpSync();
    });
    // It says nothing there, and its end is seen so.
    input.on("error", () => undefined).resume();
    input.write(`${JSON.stringify(this.offsetsRead(parseOffsets(positions.get(NAME))))}\n`);
    const ended = () => {
      if (this.child?.process !== child) return;
      this.child = undefined;
      this.giveUpSync();
      if (!this.stopped) this.startIn(Math.max(restartMs - (performance.now() - begun), Math.min(restartMs, SHORTEST_MS)));
    };
    child.once("error", ended).once("close", ended);
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.restart);
    // The unit ends with its input, or else with the shipper's.
    this.child?.input.end();
    this.child?.output.destroy();
    this.child?.process.kill();
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

  /** Also of a reader that is about to be started again: what it has not read may end with the machine. */
  async sync(): Promise<boolean> {
    this.start();
    const input = this.child?.input;
    // While none may start, nothing that should be read is written.
    if (input === undefined) return !this.mayRead();
    if (!input.writable || this.isFull()) return false;
    const token = randomUUID();
    return new Promise((resolve) => {
      const answered = (synced: boolean) => {
        clearTimeout(timer);
        this.waiting.delete(token);
        resolve(synced);
      };
      const timer = setTimeout(answered, SYNC_MS, false);
      this.waiting.set(token, answered);
      input.write(`${token}\n`);
    });
  }

  private giveUpSync(): void {
    for (const answered of [...this.waiting.values()]) answered(false);
  }

  private isFull(): boolean {
    return this.bytes >= BUFFER_BYTES;
  }

  private take(text: string): void {
    const reply = parseReply(text);
    if (reply === undefined) return;
    if ("synced" in reply) return this.waiting.get(reply.synced)?.(true);
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
    if (!this.isFull()) this.child?.output.resume();
  }

  /** With lines that are in the buffer, or just were. */
  private offsetsRead(offsets: ReturnType<typeof parseOffsets>, lines: readonly Buffered[] = this.buffer) {
    return lines.reduce((all, { line }) => withOffset(all, line), offsets);
  }
}
