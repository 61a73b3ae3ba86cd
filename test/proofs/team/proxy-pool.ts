import assert from "node:assert/strict";
import { PATHS, UNITS } from "../../../contract/actions-runner-pool/host";
import { ended } from "../../../rehearsal/github/jobs";
import type { MachineSystems } from "../../../rehearsal/environment/preparation";
import type { ProxyRequirement } from "../../../rehearsal/environment/scenario";
import { PROXY } from "../../../rehearsal/hosts/network";
import { LivePool } from "../../../rehearsal/scenarios/actions-runner-pool/live-pool";
import type { PoolEnvironment } from "../../../rehearsal/scenarios/actions-runner-pool/pool-environment";

const PROXY_NAME = "proxy.team.internal";
export const PROXY_URL = `http://${PROXY_NAME}:${PROXY.port}`;

/** A pool without instances, whose hosts reach GitHub by the proxy alone. `launch` begins an instance. */
export class ProxyPool {
  private readonly launched = new Set<string>();

  private constructor(
    readonly live: LivePool,
    private readonly config: Record<string, unknown>,
  ) {}

  static async open(
    proxy: Omit<ProxyRequirement, "names">,
    config: (authority: string) => Record<string, unknown>,
    systems: MachineSystems = {},
  ): Promise<ProxyPool> {
    let given: Record<string, unknown> = {};
    const configured = ({ proxy: opened }: PoolEnvironment) =>
      (given = {
        httpProxy: PROXY_URL,
        httpsProxy: PROXY_URL,
        // One machine at a time, when the test launches it.
        desiredCapacity: 0,
        minSize: 0,
        warmPool: {},
        ...config(opened?.authority ?? ""),
      });
    const live = await LivePool.open(0, [], systems, undefined, configured, { names: [PROXY_NAME], ...proxy });
    return new ProxyPool(live, given);
  }

  get proxy() {
    const { proxy } = this.live.environment;
    assert.ok(proxy);
    return proxy;
  }

  /** Hosts that the proxy was asked for since then, with their ports. */
  asked(since = 0): string[] {
    return [...new Set(this.proxy.requests.slice(since).map(({ target }) => target))].sort();
  }

  /** Replaces values of the stack's configuration and deploys it. */
  async reconfigure(change: Record<string, unknown>): Promise<void> {
    await this.live.environment.context.engine.reconfigure({ ...this.config, ...change });
    await this.live.environment.context.engine.up();
  }

  /** Begins the launch of an instance; the group is not to begin another after it. */
  async launch(): Promise<string> {
    const { group } = this.live.environment.context;
    await group.setDesiredCapacity(1);
    const fresh = () => group.members().find((id) => !this.launched.has(id));
    await this.live.until("an instance to be launched", () => fresh() !== undefined);
    const instance = fresh() as string;
    this.launched.add(instance);
    return instance;
  }

  /** Launches an instance whose bootstrap fails. Returns the reason on its console. `then`: what happens before it is abandoned. */
  async failedLaunch(during: (instance: string) => Promise<void>, then: () => Promise<void>): Promise<string> {
    const instance = await this.launch();
    await during(instance);
    const failed = () => /ci-runners: bootstrap failed: (.*)/.exec(this.console(instance))?.[1];
    await this.live.untilSeen("the bootstrap to fail", async () => failed() !== undefined);
    await this.live.environment.context.group.setDesiredCapacity(0);
    await then();
    await this.live.until(`${instance} to be gone`, () => this.live.gone(instance));
    return failed() as string;
  }

  async online(instance: string): Promise<void> {
    const { jobs, group } = this.live.environment.context;
    await this.live.until(`${instance} to be online`, () => jobs.online().includes(instance) && group.inService().includes(instance), 600);
  }

  /** The failure has what the runner wrote: at the end of the test the machine is gone. */
  async jobEnded(instance: string, id: string): Promise<void> {
    const { github } = this.live.environment;
    await this.live
      .until("the job to end", () => ended(github.job(id)))
      .catch(async (error: Error) => {
        const wrote = await this.live.sh(instance, `date --utc; tail -n 40 ${PATHS.runner}/_diag/* ${PATHS.listenerLog}`);
        throw new Error(`${error.message}\n${JSON.stringify(github.job(id))}\n${wrote}`);
      });
  }

  console(instance: string): string {
    return this.live.environment.machines?.hosts.console(instance) ?? "";
  }

  async runnerState(instance: string): Promise<string> {
    return this.live.sh(instance, `systemctl is-active ${UNITS.runner}`);
  }

  /**
   * Whether a heartbeat that begins now succeeds. The agent starts one itself as soon as it sees a termination, by the proxy of that
   * moment, and systemd would have a second start wait for that one.
   */
  async heartbeat(instance: string): Promise<boolean> {
    const noneRuns = `while [ "$(systemctl show ${UNITS.heartbeat} --property=SubState --value)" = start ]; do sleep 0.1; done`;
    return (await this.live.run(instance, `${noneRuns}; systemctl start ${UNITS.heartbeat}`)).exitCode === 0;
  }

  close(): Promise<void> {
    return this.live.close();
  }
}
