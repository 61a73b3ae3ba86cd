/**
 * The journal of some units, read up to its end at each call. The journal itself is the buffer for what cannot be delivered yet, so
 * that nothing is kept in memory. It is a process of some 20 ms each time; one that follows the journal all the time would have to
 * be stopped while CloudWatch Logs is away, and could not say that it has seen everything up to now.
 */
import { execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import type { LogEvent } from "./event";
import { sizeOf } from "./batch";
import { type Writers, journalArguments, parseEntry } from "./journal-entry";
import type { Chunk, LogSource } from "./source";
import type { Positions } from "./state";

/** A journal of gigabytes that is not in memory takes seconds. */
const READ_MS = 20_000;
const SYNC_MS = 3_000;
const WORDS_OF_ERROR = 300;
/** journalctl's own words, in systemd 247 to 257. */
const NO_CURSOR = "Failed to seek to cursor";

export interface JournalOptions {
  writers: Writers;
  units: readonly string[];
  positions: Positions;
  /** Overridden by tests. */
  command?: string;
}

export function journalSource({ writers, units, positions, command = "journalctl" }: JournalOptions): LogSource {
  const name = `journal of ${writers}`;
  let unusable: string | undefined;
  return {
    name,
    async read(bytes): Promise<Chunk> {
      const saved = positions.get(name);
      const cursor = saved === unusable ? undefined : saved;
      try {
        const { events, last, more } = await readJournal(command, journalArguments(writers, units, cursor), writers, bytes);
        return { events, more, accepted: () => last !== undefined && positions.set(name, last) };
      } catch (error) {
        // The state's file may be damaged. From the boot on everything is delivered again, which is better than nothing. Not after any
        // other failure, which a job can cause at will: too little memory, or too little time.
        if (error instanceof Error && error.message.includes(NO_CURSOR)) unusable = saved;
        throw error;
      }
    },
    ...(writers === "root" && {
      sync: async () => {
        // Journald may still have lines of a process that has just logged. Best effort: asked again it would answer no better.
        await promisify(execFile)(command, ["--sync"], { timeout: SYNC_MS, killSignal: "SIGKILL" }).catch(() => undefined);
        return true;
      },
    }),
  };
}

interface Read {
  events: LogEvent[];
  last?: string;
  more: boolean;
}

async function readJournal(command: string, args: string[], writers: Writers, bytes: number): Promise<Read> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], timeout: READ_MS, killSignal: "SIGKILL" });
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint = (complaint + text).slice(0, WORDS_OF_ERROR)));
  const ended = new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
  // No one waits for it if the reading fails first.
  ended.catch(() => undefined);
  const read: Read = { events: [], more: false };
  let size = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const entry = parseEntry(line, writers);
    if (entry === undefined) continue;
    read.last = entry.cursor;
    if (entry.event === undefined) continue;
    read.events.push(entry.event);
    size += sizeOf(entry.event);
    if (size < bytes) continue;
    read.more = true;
    child.kill("SIGKILL");
    break;
  }
  const code = await ended;
  if (!read.more && code !== 0) throw new Error(`journalctl ended with ${code ?? "a signal"}: ${complaint.trim()}`);
  return read;
}
