import type { PersistentHostConfig } from "../../../../contract/persistent-runner/host";
import { runKey } from "../../../../contract/persistent-runner/lease";
import type { RunOrder } from "../../../../contract/persistent-runner/order";
import { RUNNER_RELEASE } from "../../../../contract/shared/runner-release";
import { FOREIGN } from "../../../../host-config/persistent-runner/units/hooks";
import type { Log } from "../../../../host-config/shared/ports/log";
import type { Clock } from "../../../clock";
import type { GitHub } from "../../../github";
import { runnerOf } from "../../../github/jit";
import type { JobMessage } from "../../../github/messages";
import { Network } from "../network";
import { SimulatedRunner } from "../runner";
import type { PersistentDisk } from "./disk";

/** A build on a simulated machine, in the machine's log, with the field `cache`: `hit` or `miss`. */
export const BUILD = "simulated build";

export interface JobRunnerOptions {
  clock: Clock;
  github: GitHub;
  disk: PersistentDisk;
  log: Log;
  exited(config: PersistentHostConfig): void;
}

/** The runner of a persistent machine, and what its jobs do to the caches: each is a build, which leaves its result there. */
export class JobRunner {
  private config?: PersistentHostConfig;
  private runner?: SimulatedRunner;
  private ended?: () => void;
  private holder?: string;
  private hooks = 0;
  /** What the hooks have noted last. */
  noted: string | undefined;

  constructor(private readonly options: JobRunnerOptions) {}

  get working(): boolean {
    return (this.runner?.workers ?? 0) > 0;
  }

  /** Changes with each hook; undefined before the first. */
  get stamp(): number | undefined {
    return this.hooks === 0 ? undefined : this.hooks;
  }

  configure(config: PersistentHostConfig, order: RunOrder): void {
    this.config = config;
    this.holder = order.holder;
    const { disk } = this.options;
    if (config.registration === "jit") disk.runnerId = runnerOf(order.jitConfiguration ?? "").runnerId;
    else if (order.registrationToken !== undefined) disk.runnerId = this.register(config, order.label, order.registrationToken);
    if (disk.runnerId === undefined) throw new Error("the runner is not registered, and the order has no token");
  }

  start(): void {
    const { clock, github, disk, log } = this.options;
    this.runner = new SimulatedRunner(clock, github, new Network(), disk.runnerId!, {
      jobStarted: (job) => {
        this.hooks += 1;
        this.noted = runOf(job);
        if (this.noted !== this.holder) {
          this.noted = `${FOREIGN}${this.noted}`;
          return "killed";
        }
        log.info(BUILD, { cache: disk.builds > 0 ? "hit" : "miss" });
      },
      jobCompleted: () => {
        this.hooks += 1;
        disk.builds += 1;
      },
      exited: () => {
        this.ended?.();
        this.options.exited(this.config!);
      },
    });
    this.runner.start(1_000);
  }

  /** Resolves once it has ended. */
  async stop(): Promise<void> {
    const { runner } = this;
    if (runner?.listener === undefined) return;
    const end = new Promise<void>((resolve) => (this.ended = resolve));
    runner.terminate();
    await end;
  }

  powerOff(): void {
    this.runner?.powerOff();
  }

  private register({ githubUrl, name, runnerGroup }: PersistentHostConfig, label: string, token: string): number {
    return this.options.github.register({
      url: githubUrl,
      token,
      name,
      labels: [label],
      systemLabels: [],
      group: runnerGroup,
      replace: true,
      version: RUNNER_RELEASE.version,
    }).runnerId;
  }
}

/** As the hook composes it of its variables. */
function runOf({ environment }: JobMessage): string {
  const { GITHUB_REPOSITORY = "", GITHUB_RUN_ID = "", GITHUB_RUN_ATTEMPT = "" } = environment;
  return runKey(GITHUB_REPOSITORY, GITHUB_RUN_ID, GITHUB_RUN_ATTEMPT);
}
