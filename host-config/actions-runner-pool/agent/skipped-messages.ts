/**
 * Parser for the listener's own word that it does not take a job, in its diagnostic log (`_diag/Runner_*.log`). Pure.
 *
 * Wording of actions/runner: Runner.cs and BrokerMessageListener.cs (Acknowledging), lines as in HostTraceListener.cs.
 */

/** The listener keeps its current page open; it begins a new one at each start and after 8 MiB. */
export const DIAGNOSTIC_LOG = /\/_diag\/Runner_\d{8}-\d{6}-utc\.log(?: \(deleted\))?$/;

export interface Skip {
  /** Ms since the epoch; the log has whole seconds. */
  at: number;
  /** The listener had acknowledged the message, so GitHub had assigned the job to it. */
  acknowledged: boolean;
  /** The second of that acknowledgement, in ms since the epoch. */
  acknowledgedAt?: number;
}

const LINE =
  /^\[[^\]]*Z (?:INFO|WARN|ERR ) (?:BrokerMessageListener\] (Acknowledging) runner request '|Runner\] (Skipping message Job\.|Caught exception from acquiring job message:|Skip message deletion for job request message '))/;
/** How every line of the log begins. */
const STAMP = /^\[(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})Z (?:INFO|WARN|ERR |VERB) /;
/** GitHub refused the job (404, 409 or 422). The others: every try failed, or the listener updates itself. */
const REFUSED = "Skipping message Job.";

/**
 * The listener's last word about a message, if it was that it skips it. It acknowledges a message right after it has
 * logged its arrival, so an acknowledgement after the last skip is about a newer message.
 *
 * The listener logs the names of jobs raw, line breaks included. A line of a name may claim a skip of a message that is still to
 * come. So a skip counts only if no line after it is of an earlier time: the listener's own lines follow at once.
 *
 * @param latest when the text was last added to, in ms since the epoch: a younger line is part of a name, too
 */
export function lastSkip(text: string, latest = Infinity): Skip | undefined {
  let acknowledgedAt: number | undefined;
  let skip: Skip | undefined;
  for (const line of text.split("\n")) {
    const stamp = STAMP.exec(line);
    if (!stamp) continue;
    const at = Date.parse(`${stamp[1]}T${stamp[2]}Z`);
    if (Number.isNaN(at) || at > latest) continue;
    if (skip && at < skip.at) skip = undefined;
    const match = LINE.exec(line);
    if (!match) continue;
    if (match[1] !== undefined) {
      acknowledgedAt = at;
      skip = undefined;
      continue;
    }
    skip = { at, acknowledged: match[2] === REFUSED && acknowledgedAt !== undefined, acknowledgedAt };
    acknowledgedAt = undefined;
  }
  return skip;
}

/**
 * Whether a skip is about the message that arrived at `messageAt`. The listener handles one message after the other, so a
 * skip of a later second is about this message. A skip of the same second may be about the message before it, unless the
 * listener acknowledged what it skipped in that second too: it would have acknowledged this one by now.
 */
export function concerns({ at, acknowledgedAt }: Skip, messageAt: number): boolean {
  const second = Math.floor(messageAt / 1000) * 1000;
  if (at !== second) return at > second;
  return acknowledgedAt !== undefined && acknowledgedAt >= second;
}
