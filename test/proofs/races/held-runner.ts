import { PATHS, UNITS } from "../../../contract/actions-runner-pool/host";
import { BARRIERS, type Boundary } from "../../../rehearsal/runner/program/barriers";
import type { LivePool } from "../../../rehearsal/scenarios/actions-runner-pool/live-pool";
import type { Moment } from "./moments";

/** Seconds for any step of a machine; many times the usual duration when eighteen machines share two cores. */
const BOUND = 90;
const PERF_LOG = `${PATHS.perfLog}/Runner.perf`;
let versions = 400;

/** One runner of a pool, brought to one moment and held there until it is released. */
export class HeldRunner {
  /** The job at risk in this moment. */
  job?: string;

  constructor(
    private readonly pool: LivePool,
    readonly instance: string,
    readonly moment: Moment,
    /** Unique per round; part of the job's name. */
    private readonly round: string,
  ) {}

  /** Reaching the moment takes seconds longer, because it requires a crash or an update. */
  get isSlow(): boolean {
    return this.moment.by !== undefined && this.moment.by !== "end of a job";
  }

  async reach(): Promise<void> {
    const { by, barriers, job } = this.moment;
    await this.sh(`install -d -m 1777 ${BARRIERS}; rm -f ${BARRIERS}/*`);
    const [first, second] = barriers;
    if (first !== undefined && by !== "end of a job") await this.hold(first);
    if (job && by !== "end of a job") this.job = this.queue(this.moment.name);
    switch (by) {
      case undefined:
        break;
      case "end of a job":
        await this.hold(first!);
        // Ends within the second of its message: the listener logs a job's end only to the second.
        this.queue("the job before", 0);
        await this.at(first!);
        this.job = this.queue(this.moment.name);
        return;
      case "idle update":
        this.pool.environment.github.updateRunner(this.instance, nextVersion());
        break;
      case "update during a job":
        await this.hold(second!);
        await this.at(first!);
        this.pool.environment.github.updateRunner(this.instance, nextVersion());
        break;
      case "listener crash":
        await this.at(first!);
        await this.hold(second!);
        await this.sh(`kill -KILL $(sed -n 's/^Started listener process, pid: //p' ${PATHS.listenerLog} | tail -n 1)`);
        break;
      case "service crash":
        await this.at(first!);
        await this.sh(`kill -KILL $(systemctl show --property MainPID --value ${UNITS.runner})`);
        await this.waitFor(`[ "$(systemctl show --property SubState --value ${UNITS.runner})" = stop-post ]`);
    }
    for (const barrier of barriers) await this.at(barrier);
    if (this.moment.finds === "message") await this.keepMessageNew(barriers[0]!);
  }

  /**
   * A message is a sign of a job for ten minutes, and other moments take minutes to reach. A held message could become
   * older than that on a busy machine, so its log entry is repeated until the runner is released.
   */
  private async keepMessageNew(barrier: Boundary): Promise<void> {
    const mark = `sed -n 's/^\\(MessageReceived_[^:]*\\):.*/\\1/p' ${PERF_LOG} | tail -n 1`;
    const append = `echo "$(${mark}):$(date --utc +%Y-%m-%dT%H:%M:%S.%3N0000Z)" >> ${PERF_LOG}`;
    const loop = `while [ -e ${BARRIERS}/${barrier} ]; do ${append}; sleep 10; done`;
    await this.sh(`systemd-run --quiet --collect sh -c ${quoted(loop)}`);
  }

  /** Waits until the stop is in progress, as far as the moment requires, and lets the runner continue. */
  async release(since: number): Promise<void> {
    const { finds, release, barriers } = this.moment;
    if (finds === undefined) await this.waitFor(`[ "$(systemctl is-active ${UNITS.runner})" = deactivating ]`);
    else await this.pool.until(`the drain of ${this.instance} to begin`, () => this.drains(since).length > 0, BOUND);
    await this.lift(release ? barriers.slice(0, -1) : barriers);
    if (release !== "listener asked to exit") return;
    await this.waitFor(`tail -n 1 ${PATHS.listenerLog} | grep -q '^Exiting'`);
    await this.lift();
  }

  /** Only after an operator's stop: starts the unit, and lifts barriers that are held until then. */
  async startAgain(): Promise<void> {
    // `failed` is the state of a service that was killed.
    await this.waitFor(`systemctl is-active ${UNITS.runner} | grep -qxE 'inactive|failed'`);
    await this.sh(`systemctl start --no-block ${UNITS.runner}`);
    if (this.moment.release !== "unit started again") return;
    await this.waitFor(`[ "$(systemctl is-active ${UNITS.runner})" != inactive ]`);
    await this.lift();
  }

  private async lift(barriers: readonly Boundary[] = this.moment.barriers): Promise<void> {
    await this.sh(`cd ${BARRIERS} && rm -f ${barriers.join(" ")}`);
  }

  /** From now on, a job that was not run here may run anywhere. */
  unpin(): void {
    for (const { spec } of this.pool.environment.github.jobs()) if (spec.runner === this.instance) spec.runner = undefined;
  }

  /** What each drain since `since` found in flight. */
  drains(since: number): unknown[] {
    return this.pool.hostLogs(this.instance, "drain begun").flatMap(({ at, fields }) => (at >= since ? [fields.inFlight] : []));
  }

  waitFor(condition: string, seconds = BOUND): Promise<string> {
    return this.sh(`timeout ${seconds} sh -c ${quoted(`until ${condition}; do sleep 0.2; done`)}`);
  }

  queue(name: string, seconds = 1): string {
    return this.pool.queueOn(this.instance, {
      name: `${this.round}: ${name}`,
      steps: [{ name: "work", seconds, post: { run: `echo "<6>post step of $GITHUB_JOB" | systemd-cat --identifier=job` } }],
    });
  }

  sh(script: string): Promise<string> {
    return this.pool.sh(this.instance, script);
  }

  private hold(barrier: Boundary): Promise<string> {
    return this.sh(`touch ${BARRIERS}/${barrier}`);
  }

  private at(barrier: Boundary): Promise<string> {
    return this.waitFor(`[ -e ${BARRIERS}/${barrier}.reached ]`);
  }
}

function nextVersion(): string {
  return `2.${versions++}.0`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
