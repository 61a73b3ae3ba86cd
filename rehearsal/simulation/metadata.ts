import type { Clock } from "../clock";

/** Response of the instance metadata during an outage; `silent`: none, so the agent's client times out after 1 s. */
export type MetadataFault = 404 | 401 | 500 | 503 | "silent";

interface Outage {
  instance: string | undefined;
  fault: MetadataFault;
}

/** Timeout of the agent's client in ms. */
const TIMEOUT_MS = 1_000;

/** The metadata of simulated hosts, with injected outages. */
export class Metadata {
  private readonly outages: Outage[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly read: (instanceId: string, path: string) => string | undefined,
    /** Called when an outage begins and when it ends. */
    private readonly changed: (instance: string | undefined) => void,
  ) {}

  /** Whether this instance is not affected by an outage. */
  steady(instanceId: string): boolean {
    return this.outages.length === 0 || !this.outages.some(({ instance }) => instance === undefined || instance === instanceId);
  }

  /** Starts an outage. @param instance the affected one; default: all. Returns the function that ends the outage. */
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

  /** The result that a host's client gets. Throws, or rejects after a second, during an outage. */
  get(instanceId: string, path: string): string | undefined | Promise<string | undefined> {
    const outage = this.outages.find(({ instance }) => instance === undefined || instance === instanceId);
    switch (outage?.fault) {
      case undefined:
        return this.read(instanceId, path);
      case 404:
        return undefined;
      case "silent":
        return this.clock.sleep(TIMEOUT_MS).then(() => {
          throw new Error(`instance metadata ${path}: no response within ${TIMEOUT_MS} ms`);
        });
      default:
        throw new Error(`instance metadata ${path}: HTTP ${outage?.fault}`);
    }
  }
}
