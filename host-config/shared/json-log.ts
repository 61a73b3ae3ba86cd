import type { Log, LogFields } from "./ports/log";

/**
 * Writes one JSON object per line to standard error, which systemd passes to the journal. Never to standard output: in
 * the runner's unit that is the listener's log.
 */
export function jsonLog(part: string, write: (line: string) => void = (line) => void process.stderr.write(line)): Log {
  const line =
    (level: string) =>
    (message: string, fields: LogFields = {}) =>
      write(`${JSON.stringify({ time: new Date().toISOString(), level, message, part, ...fields })}\n`);
  return { info: line("info"), warn: line("warn"), error: line("error") };
}
