/**
 * The command of runner-diagnostics.service: writes new lines of the runner's diagnostic logs to standard output (diagnostic-line.ts).
 * The first line of its standard input has the offsets to begin at; each further one is a token, which it writes back after it has
 * read all files once more. It ends with its input.
 *
 * It runs as the job's user, to whom folder and files belong: what that user may not read, a link cannot make it read either. A
 * file of another kind or another user's is left alone, and one is opened without waiting, as a pipe would make it wait for ever. It has
 * nothing that a job does not have, which may stop it, end it or write in its place.
 */
import { closeSync, constants, fstatSync, openSync, readdirSync, readSync } from "node:fs";
import { createInterface } from "node:readline";
import { once } from "node:events";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { LONGEST_LINE, MOST_FILES, type Offsets, formatLine, formatSync, isDiagnosticFile, parseOffsets } from "./diagnostic-line";
import { LineSplitter } from "./lines";

const POLL_MS = 1_000;
const BLOCK = 65_536;

export async function readDiagnostics(folder: string, input: Readable = process.stdin, output: Writable = process.stdout): Promise<void> {
  const lines: string[] = [];
  let ended = false;
  let wake = () => {};
  const asked = createInterface({ input });
  asked.on("line", (line) => {
    lines.push(line);
    wake();
  });
  const end = () => {
    ended = true;
    wake();
  };
  // The shipper has ended, at the other end of both.
  asked.on("close", end);
  output.on("error", end);
  const woken = (ms?: number) =>
    new Promise<void>((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  while (lines.length === 0 && !ended) await woken();
  const offsets = parseOffsets(lines.shift());
  while (!ended) {
    // Those that came during the last pass are answered by the next one.
    const tokens = lines.splice(0);
    await pass(folder, offsets, output);
    for (const token of tokens) output.write(formatSync(token));
    if (lines.length === 0 && !ended) await woken(POLL_MS);
  }
}

async function pass(folder: string, offsets: Offsets, output: Writable): Promise<void> {
  for (const name of diagnosticFiles(folder)) {
    try {
      await readNew(join(folder, name), name, offsets, output);
    } catch {
      // Deleted meanwhile, or a job's doing.
    }
  }
}

/** The newest, whose names have the time at which they began. */
function diagnosticFiles(folder: string): string[] {
  try {
    const date = (name: string) => /\d{8}-\d{6}/.exec(name)?.[0] ?? "";
    const names = readdirSync(folder).filter(isDiagnosticFile);
    return names.sort((a, b) => (date(a) < date(b) ? -1 : 1)).slice(-MOST_FILES);
  } catch {
    return [];
  }
}

async function readNew(path: string, file: string, offsets: Offsets, output: Writable): Promise<void> {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile() || stat.uid !== process.getuid!()) return;
    const known = offsets[file] ?? 0;
    let offset = known > stat.size ? 0 : known;
    const lines = new LineSplitter(LONGEST_LINE);
    const block = Buffer.alloc(BLOCK);
    for (let at = offset; ; ) {
      const read = readSync(descriptor, block, 0, BLOCK, at);
      if (read === 0) return;
      at += read;
      for (const { text, bytes } of lines.push(block.subarray(0, read))) {
        offset += bytes;
        offsets[file] = offset;
        if (!output.write(formatLine({ file, offset, text }))) await once(output, "drain");
      }
    }
  } finally {
    closeSync(descriptor);
  }
}
