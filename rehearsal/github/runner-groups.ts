export interface RunnerGroup {
  readonly id: number;
  readonly name: string;
  readonly isDefault: boolean;
  /** `OWNER/REPO`s in lower case whose jobs its runners take; undefined: all of the organization. */
  repositories?: Set<string>;
}

const DEFAULT_GROUP = "Default";

/** Runner groups of every scope. Each scope has the default group, which has the id 1 and admits all repositories. */
export class RunnerGroups {
  private readonly byScope = new Map<string, Map<string, RunnerGroup>>();
  private nextId = 2;

  /** Adds a group, or changes whom it admits. @param repositories `OWNER/REPO`s; undefined: all */
  add(scope: string, name: string, repositories?: readonly string[]): void {
    const groups = this.of(scope);
    const group = groups.get(name) ?? { id: this.nextId++, name, isDefault: false };
    group.repositories = repositories && new Set(repositories.map((one) => one.toLowerCase()));
    groups.set(name, group);
  }

  /** @param name undefined: the default group */
  find(scope: string, name: string = DEFAULT_GROUP): RunnerGroup | undefined {
    return this.of(scope).get(name);
  }

  list(scope: string): RunnerGroup[] {
    return [...this.of(scope).values()];
  }

  private of(scope: string): Map<string, RunnerGroup> {
    const key = scope.toLowerCase();
    let groups = this.byScope.get(key);
    if (!groups) this.byScope.set(key, (groups = new Map([[DEFAULT_GROUP, { id: 1, name: DEFAULT_GROUP, isDefault: true }]])));
    return groups;
  }
}
