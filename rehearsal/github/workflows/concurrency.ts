/** A run or a job that waits for its group, has it, or has lost its place. */
export interface Claim {
  /** It has the group now. Called once. */
  begin(): void;
  /** It must end: at once if it waits, by a cancellation if it runs. */
  cancel(reason: string): void;
}

interface Group {
  running?: Claim;
  pending: Claim[];
}

/** With `queue: max`. */
const MOST_PENDING = 100;

/**
 * The concurrency groups of one repository: GitHub knows no others, so two repositories never wait for each other. Runs and jobs share
 * the names, whose case does not matter.
 */
export class ConcurrencyGroups {
  private readonly groups = new Map<string, Group>();

  /**
   * Asks for the group. One waits at most: a newer claim takes the place of the one that waits.
   *
   * @param cancelInProgress also ends the one that has the group; the newer one waits until it has ended
   */
  claim(name: string, claim: Claim, { cancelInProgress, queue }: { cancelInProgress: boolean; queue: "single" | "max" }): void {
    const key = name.toLowerCase();
    const group = this.groups.get(key) ?? { pending: [] };
    this.groups.set(key, group);
    if (!group.running) {
      group.running = claim;
      return claim.begin();
    }
    const reason = `Canceling since a higher priority waiting request for '${name}' exists`;
    const displaced = queue === "max" ? group.pending.slice(0, Math.max(0, group.pending.length - MOST_PENDING + 1)) : [...group.pending];
    group.pending = [...group.pending.filter((one) => !displaced.includes(one)), claim];
    for (const one of displaced) one.cancel(reason);
    if (cancelInProgress) group.running?.cancel(reason);
  }

  /** The claim has ended, wherever it was: the next one begins. */
  release(name: string, claim: Claim): void {
    const key = name.toLowerCase();
    const group = this.groups.get(key);
    if (!group) return;
    group.pending = group.pending.filter((one) => one !== claim);
    if (group.running !== claim) return;
    group.running = group.pending.shift();
    if (group.running) group.running.begin();
    else this.groups.delete(key);
  }

  holder(name: string): Claim | undefined {
    return this.groups.get(name.toLowerCase())?.running;
  }
}
