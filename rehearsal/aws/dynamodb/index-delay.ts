import type { Engine } from "./engine";
import type { TableDescription } from "./tables";
import type { Item } from "./values";

interface Change {
  at: number;
  table: TableDescription;
  key: Item;
  before: Item | undefined;
  after: Item | undefined;
}

/**
 * A global secondary index follows its table with a delay, and no reader can demand otherwise. For a query of an index, what was
 * written too recently is taken back and then written again; as one operation runs at a time, no one sees that.
 */
export class IndexDelay {
  /** Milliseconds on the rehearsal's clock. Usually AWS needs less than a second. */
  readonly settings = { ms: 0 };
  private changes: Change[] = [];

  constructor(
    private readonly engine: Engine,
    private readonly now: () => number,
  ) {}

  record(change: Omit<Change, "at">): void {
    if (this.settings.ms > 0) this.changes.push({ ...change, at: this.now() });
  }

  /** Reads from a table's index as it was some time ago. */
  async reading<T>(tableName: string, read: () => Promise<T>): Promise<T> {
    this.changes = this.changes.filter(({ at }) => this.now() - at < this.settings.ms);
    const late = this.changes.filter(({ table }) => table.TableName === tableName);
    for (const { table, key, before } of [...late].reverse()) await this.engine.restore(table, key, before);
    try {
      return await read();
    } finally {
      for (const { table, key, after } of late) await this.engine.restore(table, key, after);
    }
  }
}
