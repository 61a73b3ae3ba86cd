import { GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { JOB_RANK, type JobRow, jobKey, LEDGER, openJobsAt, openJobsList, SOURCE_KEY } from "../../../contract/workflow-jobs/ledger";
import type { DynamoDb } from "../../../functions/shared/aws/clients";
import { type Item, toAttribute, toItem, type Value } from "../../../functions/shared/ledger/attributes";
import { LedgerTable } from "../../../functions/shared/ledger/table";
import { InProcessDynamoDb } from "./in-process-dynamodb";

/** A ledger of its own, and the rows in it as the source of demand writes them. */
export class TestLedger {
  readonly table: LedgerTable;

  private constructor(
    private readonly client: DynamoDb,
    readonly name: string,
    private readonly now: () => number,
  ) {
    this.table = new LedgerTable(client, name, LEDGER, now);
  }

  static async create(
    now: () => number,
    dynamoDb: Pick<InProcessDynamoDb, "client" | "table"> = new InProcessDynamoDb(),
  ): Promise<TestLedger> {
    return new TestLedger(dynamoDb.client, await dynamoDb.table(LEDGER), now);
  }

  async put(item: Record<string, Value | undefined>): Promise<void> {
    const known = Object.entries(item).filter((entry): entry is [string, Value] => entry[1] !== undefined);
    const Item = Object.fromEntries(known.map(([key, value]) => [key, toAttribute(value)]));
    await this.client.send(new PutItemCommand({ TableName: this.name, Item }));
  }

  async get({ pk, sk }: { pk: string; sk: string }): Promise<Item | undefined> {
    const { Item } = await this.client.send(new GetItemCommand({ TableName: this.name, Key: { pk: { S: pk }, sk: { S: sk } } }));
    return Item && toItem(Item);
  }

  /** A job of the pool as the webhook writes it; queued a minute ago. */
  async job(pool: string, jobId: number, row: Partial<JobRow> = {}): Promise<void> {
    const { jobStatus = "queued", createdAt = this.at(-60) } = row;
    const open = jobStatus === "queued" || jobStatus === "in_progress";
    await this.put({
      ...jobKey(jobId),
      jobId,
      jobStatus,
      rank: JOB_RANK[jobStatus],
      repository: "octo-org/app",
      runId: 1,
      attempt: 1,
      labels: ["self-hosted", "linux"],
      createdAt,
      confirmedAt: this.at(0),
      pool,
      expiresAt: Math.round(this.now() / 1000) + 172_800,
      ...(open ? { list: openJobsList(pool), at: openJobsAt(createdAt, jobId) } : {}),
      ...row,
    });
  }

  /** That a reconciliation ended just now, or failed. */
  async reconciled(seconds = 0, problem?: string): Promise<void> {
    await this.put({ ...SOURCE_KEY, reconciledAt: this.at(seconds), problem });
  }

  /** A time some seconds from now, ISO 8601. */
  at(seconds: number): string {
    return new Date(this.now() + seconds * 1000).toISOString();
  }
}
