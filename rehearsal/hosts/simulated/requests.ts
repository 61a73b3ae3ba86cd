import type { Clock } from "../../clock";
import type { GitHub } from "../../github";
import type { GitHubFaultKind } from "../../github/github-faults";
import { ProtocolError } from "../../github/messages";
import { Aborted, throwIfAborted, type AbortFlag } from "./abort-signal";
import type { Network } from "./network";

/** The official runner repeats an acquisition, a first renewal and a completion up to five times, 5 to 15 s apart. */
export const TRIES = 5;
export const RETRY_DELAY = 10_000;
/** Milliseconds after which the listener gives up waiting for a response. */
const REQUEST_TIMEOUT = 100_000;

/** Host and routes of the protocol, as used by the runner stand-in on real machines; faults are injected by these names. */
const HOST = "broker.actions.githubusercontent.com";
const ROUTES = {
  session: ["POST", "/_runner/session"],
  message: ["GET", "/_runner/message"],
  acknowledge: ["POST", "/_runner/acknowledge"],
  acquire: ["POST", "/_run/acquirejob"],
  renew: ["POST", "/_run/renewjob"],
  complete: ["POST", "/_run/completejob"],
} as const;
type Route = keyof typeof ROUTES;

/** The runner's requests to GitHub, subject to the fence and to injected faults. `signal` is that of the requesting process. */
export class Requests {
  constructor(
    private readonly clock: Clock,
    private readonly github: GitHub,
    private readonly network: Network,
    /** Milliseconds of a request and its reply; may change at any time. */
    private readonly roundTrip: () => number,
  ) {}

  /** A request and its reply; the fence delays both. Undefined if GitHub refuses, or if every attempt fails. */
  async exchange<T>(signal: AbortFlag, route: Route, tries: number, call: () => T): Promise<T | undefined> {
    for (let attempt = 1; ; attempt++) {
      if (this.network.closed) await this.pass(signal);
      await this.sleep(signal, this.roundTrip());
      const fault = this.github.faults.any ? this.fault(route) : undefined;
      if (fault?.kind === "lost") this.attempt(call);
      if (!fault || !(await this.failsBy(signal, fault))) {
        const reply = this.attempt(call);
        if (this.network.closed) await this.pass(signal);
        return reply;
      }
      if (attempt >= tries) return undefined;
      await this.sleep(signal, RETRY_DELAY);
    }
  }

  /** Whether an injected fault of GitHub makes this request fail. */
  async fails(signal: AbortFlag, route: Route): Promise<boolean> {
    const fault = this.github.faults.any ? this.fault(route) : undefined;
    return fault !== undefined && (await this.failsBy(signal, fault));
  }

  private fault(route: Route): GitHubFaultKind | undefined {
    const [method, path] = ROUTES[route];
    return this.github.faults.take(method, HOST, path);
  }

  private async failsBy(signal: AbortFlag, fault: GitHubFaultKind): Promise<boolean> {
    if (fault.kind === "slow") await this.sleep(signal, Math.min(fault.ms, REQUEST_TIMEOUT));
    if (fault.kind === "hang" || fault.kind === "lost") await this.sleep(signal, REQUEST_TIMEOUT);
    return fault.kind !== "slow" || fault.ms >= REQUEST_TIMEOUT;
  }

  /** Undefined if GitHub refuses. */
  attempt<T>(call: () => T): T | undefined {
    try {
      return call();
    } catch (error) {
      if (error instanceof ProtocolError) return undefined;
      throw error;
    }
  }

  async pass(signal: AbortFlag): Promise<void> {
    await this.network.pass();
    throwIfAborted(signal);
  }

  sleep(signal: AbortFlag, ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const wake = () => (signal.aborted ? reject(new Aborted()) : resolve());
      if (ms > 0) this.clock.after(ms, wake);
      else wake();
    });
  }
}
