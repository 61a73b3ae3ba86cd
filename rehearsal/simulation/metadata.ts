import type { Clock } from "../clock";

/** What the instance metadata answers while it is out of order; `silent` lets the agent's client run into its 1 s. */
export type MetadataFault = 404 | 401 | 500 | 503 | "silent";

interface Outage {
  instance: string | undefined;
  fault: MetadataFault;
}

/** What the agent's client waits for an answer, in ms. */
const TIMEOUT_MS = 1_000;

/** The metadata of simulated hosts, with outages on demand. */
export class Metadata {
  private readonly outages: Outage[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly read: (instanceId: string, path: string) => string | undefined,
    /** Told when an outage begins and when it ends. */
    private readonly changed: (instance: string | undefined) => void,
  ) {}

  /** Whether this instance gets its answers. */
  steady(instanceId: string): boolean {
    return !this.outages.some(({ instance }) => instance === undefined || instance === instanceId);
  }

  /** @param instance the one that is hit; absent: all. Returns how to end it. */
  fail(fault: MetadataFault, instance?: string): () => void {
    const outage = { instance, fault };
    this.outages.push(outage);
    this.changed(instance);
    return () => {
      const index = this.outages.indexOf(outage);
      if (index >= 0) this.outages.splice(index, 1);
      this.changed(instance);
    };
  }

  /** As a host's client gets it. Throws, or rejects a second later, for what is no answer. */
  get(instanceId: string, path: string): string | undefined | Promise<string | undefined> {
    const outage = this.outages.find(({ instance }) => instance === undefined || instance === instanceId);
    switch (outage?.fault) {
      case undefined:
        return this.read(instanceId, path);
      case 404:
        return undefined;
      case "silent":
        return this.clock.sleep(TIMEOUT_MS).then(() => {
          throw new Error(`instance metadata ${path}: no answer within ${TIMEOUT_MS} ms`);
        });
      default:
        throw new Error(`instance metadata ${path}: HTTP ${outage?.fault}`);
    }
  }
}
