/**
 * The listener's log: a file of root's, which the job's user writes through the standard output that systemd opened. It is on a
 * file system in memory, and emptied when it is long (listener-log.ts of the component).
 */
import { closeSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { sizeOf } from "./batch";
import { LONGEST_EVENT, type LogEvent, stampOf, textOf } from "./event";
import { LineSplitter } from "./lines";
import type { LogSource } from "./source";
import type { Positions } from "./state";

const NAME = "listener";
const BLOCK = 65_536;

export interface ListenerOptions {
  path: string;
  positions: Positions;
  now(): number;
  /** Of this boot, after which the file is a new one. Overridden by tests. */
  boot?: string;
}

export function listenerSource({ path, positions, now, boot = bootId() }: ListenerOptions): LogSource {
  return {
    name: NAME,
    async read(bytes) {
      const [ofBoot, saved] = (positions.get(NAME) ?? "").split(" ");
      const { events, offset, more } = readLines(path, ofBoot === boot ? Number(saved) : 0, bytes, now());
      return { events, more, accepted: () => positions.set(NAME, `${boot} ${offset}`) };
    },
  };
}

function bootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}

function readLines(path: string, from: number, bytes: number, now: number): { events: LogEvent[]; offset: number; more: boolean } {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { events: [], offset: 0, more: false };
    throw error;
  }
  try {
    const { size } = fstatSync(file);
    let offset = from > size ? 0 : from;
    let at = offset;
    let time = now;
    let sum = 0;
    const events: LogEvent[] = [];
    const lines = new LineSplitter(LONGEST_EVENT / 2);
    const block = Buffer.alloc(BLOCK);
    while (sum < bytes) {
      const read = readSync(file, block, 0, BLOCK, at);
      if (read === 0) return { events, offset, more: false };
      at += read;
      for (const { text, bytes: length } of lines.push(block.subarray(0, read))) {
        time = stampOf(text, now) ?? time;
        const event = { time, text: textOf({ source: NAME, message: text }) };
        events.push(event);
        sum += sizeOf(event);
        offset += length;
      }
    }
    return { events, offset, more: true };
  } finally {
    closeSync(file);
  }
}
