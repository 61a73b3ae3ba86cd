import { stripVTControlCharacters } from "node:util";

/** Characters of a script's output that are shown. Console, disk and logs have each of them. */
const SHOWN = 1_048_576;
/** Characters of one line. */
const LONGEST_LINE = 4_096;
/** Lines that are kept for the reason of a failure; what explains it may be followed by a trap's output. */
const KEPT_LINES = 20;

export interface ScriptOutput {
  push(line: string): void;
  /** The last lines with content, oldest first. */
  last(lines: number): string[];
}

/** Passes a script's output on line by line, and not beyond a bound: a script that floods must cost neither the disk nor the reason. */
export function scriptOutput(say: (line: string) => void): ScriptOutput {
  const kept: string[] = [];
  let left = SHOWN;
  return {
    push(raw) {
      const line = plain(raw).slice(0, LONGEST_LINE);
      if (line.trim() !== "") {
        kept.push(line);
        if (kept.length > KEPT_LINES) kept.shift();
      }
      if (left < 0) return;
      left -= line.length + 1;
      say(left < 0 ? "setup: further output is not shown" : `setup: ${line}`);
    },
    last: (lines) => kept.slice(-lines),
  };
}

/** Without colours and cursor movements, which an operator's terminal would obey; of a progress bar what it showed last. */
function plain(line: string): string {
  const shown = line.trimEnd().split("\r").at(-1)!;
  return stripVTControlCharacters(shown).replace(/\p{Cc}/gu, (control) => (control === "\t" ? control : ""));
}
