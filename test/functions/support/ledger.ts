import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { CreateTableCommand, type DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { JOB_RANK, type JobRow, jobKey, LEDGER, openJobsAt, openJobsList, SOURCE_KEY } from "../../../contract/workflow-jobs/ledger";
import { dynamoDbClient } from "../../../functions/shared/aws/clients";
import { type Item, toAttribute, toItem, type Value } from "../../../functions/shared/ledger/attributes";
import { LedgerTable } from "../../../functions/shared/ledger/table";

const dynalite: (options: object) => Server = require("dynalite");

/** DynamoDB by an implementation that others wrote, over its wire protocol, and the client that Lambda uses. */
export class LedgerServer {
  private server!: Server;
  client!: DynamoDBClient;
  private tables = 0;

  async start(): Promise<this> {
    this.server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
    // Lambda's limit of 1 s a request is for DynamoDB, not for a process that shares its core with the tests.
    const requestHandler = { requestTimeout: 60_000 };
    this.client = dynamoDbClient({ region: "eu-central-1", endpoint: this.url, credentials, requestHandler }) as DynamoDBClient;
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.client.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** A new table. */
  async ledger(now: () => number): Promise<TestLedger> {
    const name = `ledger-${++this.tables}`;
    const { partitionKey, sortKey, index, indexPartitionKey, indexSortKey } = LEDGER;
    const keys = (hash: string, range: string) => [
      { AttributeName: hash, KeyType: "HASH" as const },
      { AttributeName: range, KeyType: "RANGE" as const },
    ];
    await this.client.send(
      new CreateTableCommand({
        TableName: name,
        BillingMode: "PAY_PER_REQUEST",
        KeySchema: keys(partitionKey, sortKey),
        AttributeDefinitions: [partitionKey, sortKey, indexPartitionKey, indexSortKey].map((AttributeName) => ({
          AttributeName,
          AttributeType: "S" as const,
        })),
        GlobalSecondaryIndexes: [
          { IndexName: index, KeySchema: keys(indexPartitionKey, indexSortKey), Projection: { ProjectionType: "ALL" } },
        ],
      }),
    );
    return new TestLedger(this.client, name, now);
  }
}

export class TestLedger {
  readonly table: LedgerTable;

  constructor(
    private readonly client: DynamoDBClient,
    readonly name: string,
    private readonly now: () => number,
  ) {
    this.table = new LedgerTable(client, name, LEDGER, now);
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
