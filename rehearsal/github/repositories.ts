import type { Installation } from "./github-credentials";

export interface Repository {
  readonly id: number;
  /** `OWNER/REPO`, as it was first spelled. */
  readonly fullName: string;
  isPrivate: boolean;
  archived: boolean;
}

/** All repositories that exist, by name. A job's repository exists from its first job on. */
export class Repositories {
  private readonly byName = new Map<string, Repository>();

  /** Adds a repository, or changes it. @throws if the name is not `OWNER/REPO` */
  add(fullName: string, settings: { isPrivate?: boolean; archived?: boolean } = {}): Repository {
    if (!/^[^/]+\/[^/]+$/.test(fullName)) throw new Error(`repository "${fullName}": must be OWNER/REPO`);
    const key = fullName.toLowerCase();
    const known = this.byName.get(key) ?? { id: this.byName.size + 1, fullName, isPrivate: true, archived: false };
    this.byName.set(key, Object.assign(known, settings));
    return known;
  }

  get(fullName: string): Repository | undefined {
    return this.byName.get(fullName.toLowerCase());
  }

  /** Those that an installation may access. */
  of({ account, repositories }: Installation): Repository[] {
    const selected = repositories && new Set(repositories.map((name) => name.toLowerCase()));
    return [...this.byName.values()].filter(({ fullName }) => {
      const [owner = "", name = ""] = fullName.toLowerCase().split("/");
      return owner === account.toLowerCase() && (!selected || selected.has(name));
    });
  }
}
