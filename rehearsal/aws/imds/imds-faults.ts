/** A fault of one instance's metadata service; times in milliseconds. */
export type ImdsFault =
  | { kind: "status"; status: number }
  | { kind: "slow"; ms: number }
  /** The connection is cut. */
  | { kind: "down" };

/** Faults of the metadata service, by instance; the newest one applies. */
export class ImdsFaults {
  private readonly active: { instanceId: string; fault: ImdsFault }[] = [];

  /** Returns a function that removes the fault. */
  inject(instanceId: string, fault: ImdsFault): () => void {
    const entry = { instanceId, fault };
    this.active.unshift(entry);
    return () => {
      const index = this.active.indexOf(entry);
      if (index >= 0) this.active.splice(index, 1);
    };
  }

  of(instanceId: string): ImdsFault | undefined {
    return this.active.find((entry) => entry.instanceId === instanceId)?.fault;
  }
}
