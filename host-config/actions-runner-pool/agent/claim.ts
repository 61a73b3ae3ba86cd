/**
 * Which run and job is at work, as the runner's hooks claim it. It is a claim of the job's user, who may send any: for people, in log lines
 * that say that it is one.
 */
import type { IncomingHttpHeaders } from "node:http";
import { AGENT_ROUTES, JOB_HEADERS, LOG, type HostConfig } from "../../../contract/actions-runner-pool/host";
import type { HostClock } from "../../shared/ports/clock";
import type { Log, LogFields } from "../../shared/ports/log";
import type { JobMark, Run } from "./ports/job-mark";

const RUN = /^([\w.-]{1,100}\/[\w.-]{1,100}) ([1-9]\d{0,14}) ([1-9]\d{0,5})$/;
const JOB = /^[\w-]{1,100}$/;

/** Shortest interval between two claims that are taken: a job may send any number, and each is a line in root's log. */
const CLAIM_MS = 1_000;

/** Undefined unless each part has GitHub's form. */
export function claimedRun(headers: IncomingHttpHeaders): Run | undefined {
  const [, repository, run, attempt] = RUN.exec(single(headers[JOB_HEADERS.run])) ?? [];
  const job = single(headers[JOB_HEADERS.job]);
  if (repository === undefined || !JOB.test(job)) return undefined;
  return { repository, run: Number(run), attempt: Number(attempt), job };
}

function single(value: string | string[] | undefined): string {
  return typeof value === "string" ? value : "";
}

/**
 * Fields of a log line. A link to the job itself would need its number, which a host does not have. The drain asks for them, and
 * may have no configuration.
 */
export function runFields(run: Run | undefined, { githubUrl }: Partial<Pick<HostConfig, "githubUrl">>): LogFields {
  if (run === undefined) return {};
  const [origin] = /^https?:\/\/[^/]+/.exec(githubUrl ?? "") ?? [];
  const url = origin && `${origin}/${run.repository}/actions/runs/${run.run}/attempts/${run.attempt}`;
  return { ...run, ...(url && { url }), claimed: true };
}

export interface ClaimHost {
  config: Pick<HostConfig, "githubUrl">;
  clock: Pick<HostClock, "now">;
  log: Log;
  jobMark: JobMark;
}

/** Keeps the mark of the job at work. */
export class Claims {
  private claimedAt: number | undefined;

  constructor(private readonly host: ClaimHost) {}

  /** A hook has called. */
  hook(route: string, headers: IncomingHttpHeaders): void {
    const { clock, config, log, jobMark } = this.host;
    const run = route === AGENT_ROUTES.jobStarted ? claimedRun(headers) : undefined;
    if (run === undefined) return;
    const now = clock.now();
    if (this.claimedAt !== undefined && Math.abs(now - this.claimedAt) < CLAIM_MS) return;
    this.claimedAt = now;
    if (JSON.stringify(jobMark.get()) === JSON.stringify(run)) return;
    jobMark.set(run);
    log.info(LOG.jobStarted, runFields(run, config));
  }

  /** No job was in flight in signs whose reading began at this time. One that began before the hook's call may not have seen its job. */
  idle(readFrom: number): void {
    if (this.claimedAt !== undefined && readFrom <= this.claimedAt) return;
    this.claimedAt = undefined;
    if (this.host.jobMark.get() !== undefined) this.host.jobMark.clear();
  }
}
