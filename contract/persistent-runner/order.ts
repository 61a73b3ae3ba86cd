/** An object in the component's bucket, with the digest of its bytes in hex. */
export interface PinnedObject {
  bucket: string;
  key: string;
  sha256: string;
}

/**
 * What the machine is started for: the text of the secret `PersistentRunnerNames.orderSecret`, as JSON. The control function writes it
 * before it starts the machine, the machine deletes it as soon as it has read it, and only the machine's own credentials open it.
 * It has all that may change between two starts, because a machine that is never replaced keeps its first user data.
 */
export type BootOrder = PreparationOrder | RunOrder;

interface Ordered {
  generation: number;
  bundle: PinnedObject;
  /** A PersistentHostConfig as JSON. */
  configuration: PinnedObject;
}

/** To prepare the machine and switch it off. */
interface PreparationOrder extends Ordered {
  purpose: "provision";
}

/** To prepare the machine if anything changed, and then to run jobs. */
export interface RunOrder extends Ordered {
  purpose: "run";
  /** Of this start's runner; see `bootLabel`. */
  label: string;
  /** Whose jobs alone the machine takes: the holder of the lease. Anyone who has read the label can ask for it. */
  holder: string;
  /** The runner's configuration for exactly one job; with registration `jit`. */
  jitConfiguration?: string;
  /** For config.sh; with registration `service`. */
  registrationToken?: string;
}

/**
 * Digest of what a machine is prepared by: it prepares itself again when either object has changed. Whoever waits for a preparation
 * compares it with that of the lease, which the machine writes.
 */
export function preparationDigest({ bundle, configuration }: Pick<BootOrder, "bundle" | "configuration">): string {
  return `${bundle.sha256}-${configuration.sha256}`;
}
