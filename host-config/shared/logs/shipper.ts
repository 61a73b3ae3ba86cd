/**
 * Delivers what the sources have, most important first, in passes that never overlap. A position moves only after acceptance, so that
 * each line is delivered at least once.
 */
import type { HostClock } from "../ports/clock";
import type { Log } from "../ports/log";
import { sizeOf } from "./batch";
import type { LogSource } from "./source";
import type { State } from "./state";
import type { LogStream } from "./stream";

/** What a host loses that is killed. */
export const FLUSH_MS = 5_000;
/** Bytes of a pass: a job that floods its log costs some $17 a day at $0.50 a GB, and no more. */
export const PASS_BYTES = 2 * 1024 * 1024;
/** Of one flush; at the end of a host a backlog may be that of an outage. */
const FLUSH_PASSES = 16;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** Without success: then it is an outage that an operator must know about. A period of the alarm, so that one host alone raises it. */
const REPORT_MS = 300_000;

export interface ShipperParts {
  /** Most important first. */
  sources: readonly LogSource[];
  stream: LogStream;
  state: State;
  clock: HostClock;
  log: Log;
  /** Counts a failure to deliver. */
  count(): Promise<void>;
}

export class Shipper {
  private passes: Promise<unknown> = Promise.resolve();
  private pause = FIRST_PAUSE_MS;
  private failing = false;
  private deliveredAt: number;
  private reportedAt: number | undefined;

  constructor(private readonly parts: ShipperParts) {
    this.deliveredAt = parts.clock.now();
  }

  /** One pass and its result. Resolves with the milliseconds until the next one is due. Never rejects. */
  async tick(): Promise<number> {
    const { clock, log } = this.parts;
    try {
      await this.pass();
      if (this.failing) log.info("the host's logs are delivered again");
      this.failing = false;
      this.pause = FIRST_PAUSE_MS;
      this.deliveredAt = clock.now();
      return FLUSH_MS;
    } catch (error) {
      // One line an outage: each is delivered later, too.
      if (!this.failing) log.warn("the host's logs could not be delivered, trying again", { error: String(error) });
      this.failing = true;
      this.report(error);
      const due = this.pause;
      this.pause = Math.min(this.pause * 2, LONGEST_PAUSE_MS);
      return due;
    }
  }

  /** Delivers all that was logged up to now. Resolves with whether that succeeded before the signal. */
  async flush(signal: AbortSignal): Promise<boolean> {
    const { sources, clock } = this.parts;
    let unsynced = await notSynced(sources);
    for (let passes = 0; passes < FLUSH_PASSES && !signal.aborted; ) {
      try {
        const more = await this.pass();
        passes += 1;
        if (more) continue;
        if (unsynced.length === 0) return true;
        // Its buffer was full, for example, and is empty now.
        unsynced = await notSynced(unsynced);
      } catch {
        // tick() reports it.
        await clock.sleep(FIRST_PAUSE_MS);
      }
    }
    return false;
  }

  /** Resolves with whether there is more. Rejects if something is not delivered, after everything else was tried. */
  private pass(): Promise<boolean> {
    const result = this.passes.then(() => this.deliver());
    this.passes = result.catch(() => undefined);
    return result;
  }

  private async deliver(): Promise<boolean> {
    const { sources, stream, state } = this.parts;
    let left = PASS_BYTES;
    let more = false;
    const failures: unknown[] = [];
    for (const source of sources) {
      // One that is left out for now may have something.
      if (left <= 0) {
        more = true;
        continue;
      }
      const chunk = await source.read(left).catch((error: unknown) => void failures.push(new Error(`${source.name}: ${String(error)}`)));
      if (chunk === undefined) continue;
      // Not caught: with the others' lines the next call would take its half minute, too.
      await stream.put(chunk.events);
      chunk.accepted();
      state.save();
      left -= chunk.events.reduce((sum, event) => sum + sizeOf(event), 0);
      more ||= chunk.more;
    }
    if (failures.length > 0) throw failures[0];
    return more;
  }

  private report(error: unknown): void {
    const { clock, log, count } = this.parts;
    const now = clock.now();
    if (now - Math.max(this.deliveredAt, this.reportedAt ?? 0) < REPORT_MS) return;
    this.reportedAt = now;
    log.error("the host's logs cannot be delivered: what this host logs may be lost with it", { error: String(error) });
    // Best effort: where logs cannot be delivered, metrics often cannot either.
    count().catch(() => undefined);
  }
}

/** Those that may still have something of before this call. */
async function notSynced(sources: readonly LogSource[]): Promise<LogSource[]> {
  const synced = await Promise.all(sources.map((source) => source.sync?.()));
  return sources.filter((_source, index) => synced[index] === false);
}
