import type { DeployedResource, ResourceStore } from "./api";

export type StoreChange = { kind: "put" | "removed"; resource: DeployedResource };

/** All resources that the engine has deployed, in memory. Services that act unprompted (schedules) watch for changes. */
export class MemoryStore implements ResourceStore {
  private readonly resources = new Map<string, Map<string, DeployedResource>>();
  private readonly watchers = new Set<(change: StoreChange) => void>();

  get(type: string, id: string): DeployedResource | undefined {
    return this.resources.get(type)?.get(id);
  }

  list(type: string): DeployedResource[] {
    return [...(this.resources.get(type)?.values() ?? [])];
  }

  all(): DeployedResource[] {
    return [...this.resources.values()].flatMap((ofType) => [...ofType.values()]);
  }

  put(resource: DeployedResource): void {
    const ofType = this.resources.get(resource.type) ?? new Map<string, DeployedResource>();
    this.resources.set(resource.type, ofType);
    ofType.set(resource.id, resource);
    this.notify({ kind: "put", resource });
  }

  remove(type: string, id: string): void {
    const resource = this.get(type, id);
    if (!resource) return;
    this.resources.get(type)?.delete(id);
    this.notify({ kind: "removed", resource });
  }

  /** Calls `watcher` after every later change; returns a function that unsubscribes it. */
  watch(watcher: (change: StoreChange) => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  private notify(change: StoreChange): void {
    for (const watcher of this.watchers) watcher(change);
  }
}
