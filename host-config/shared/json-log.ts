import type { Log, LogFields } from "./ports/log";

/**
 * One JSON object a line on standard error, which systemd hands to the journal. Not on standard output: in the
 * runner's unit that is the listener's log, and nothing of ours belongs in there.
 */
export function jsonLog(part: string, write: (line: string) => void = (line) => void process.stderr.write(line)): Log {
  const line =
    (level: string) =>
    (message: string, fields: LogFields = {}) =>
      write(`${JSON.stringify({ time: new Date().toISOString(), level, message, part, ...fields })}\n`);
  return { info: line("info"), warn: line("warn"), error: line("error") };
}
