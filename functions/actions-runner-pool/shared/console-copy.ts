/**
 * Copies the console of an instance that delivered no log, as one that never bootstrapped, into its stream: EC2 keeps it for about an
 * hour after the end. Once, and never into a stream with lines, so that it is not mixed with what a host has written.
 */
import { LOG } from "../../../contract/actions-runner-pool/host";
import { consoleLines } from "../../shared/aws/console-output";
import type { Clock } from "../../shared/lambda/clock";
import type { Log } from "../../shared/lambda/observer";
import type { HostLogPorts } from "./host-logs";

/** Of a reason in a function's own log. */
const LONGEST_REASON = 500;
/** EC2 keeps 64 KB, so that this is a console of short lines. A call takes 10,000 events. */
const MOST_LINES = 5_000;

export type ConsoleCopy = "copied" | "has a log" | "no console yet";

export interface ConsoleCopyOptions {
  ports: HostLogPorts;
  clock: Pick<Clock, "now">;
  log: Log;
  /** Also a console without a reason, on which nothing may come any more. */
  complete: boolean;
}

export async function copyConsole(instanceId: string, { ports, clock, log, complete }: ConsoleCopyOptions): Promise<ConsoleCopy> {
  for await (const _page of ports.pagesBackward(instanceId, 1)) return "has a log";
  const consoles = await ports.consoles(instanceId);
  const withReason = consoles.find((text) => reasonOn(text) !== undefined);
  // EC2 posts it some time after the end, and until then what it had at an earlier moment.
  const text = withReason ?? (complete ? longest(consoles) : undefined);
  const lines = text === undefined ? [] : consoleLines(text, MOST_LINES);
  if (lines.length === 0) return "no console yet";
  const texts = lines.map((message) => JSON.stringify({ source: "console", message }));
  await ports.write(instanceId, clock.now(), texts);
  const reason = reasonOn(text!);
  if (reason === undefined) log.info("the console of an instance that delivered no log is copied", { instanceId });
  else log.warn("launch failed on its host", { instanceId, reason });
  return "copied";
}

/** What the user data wrote last of why it gave up. */
export function reasonOn(console: string): string | undefined {
  const lines = consoleLines(console, MOST_LINES).reverse();
  const mark = `ci-runners: ${LOG.bootstrapFailed}: `;
  const line = lines.find((text) => text.includes(mark));
  return line?.slice(line.indexOf(mark) + mark.length).slice(0, LONGEST_REASON);
}

function longest(texts: readonly string[]): string | undefined {
  return [...texts].sort((a, b) => b.length - a.length)[0];
}
