import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { CreateTableCommand, DescribeTableCommand } from "@aws-sdk/client-dynamodb";
import { type DynamoDb, dynamoDbClient } from "../../../functions/shared/aws/clients";
import type { TableSchema } from "../../../functions/shared/ledger/table";

const dynalite: (options: object) => Server = require("dynalite");

/** DynamoDB as others wrote it, behind its wire protocol and the client that Lambda uses: for bundles, and as the judge of `InProcessDynamoDb`. */
export class TestDynamoDb {
  private readonly server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  private tables = 0;
  client!: DynamoDb;

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    this.client = dynamoDbClient({
      endpoint: this.url,
      region: "eu-central-1",
      credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" },
      // Lambda's limit of 1 s a request is for DynamoDB, not for a process that shares its core with the tests.
      requestHandler: { requestTimeout: 60_000 },
    });
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Creates a table with the schema, by default with a name of its own. */
  async table(schema: TableSchema, name = `table-${++this.tables}`): Promise<string> {
    const { partitionKey, sortKey, index, indexPartitionKey, indexSortKey } = schema;
    await this.client.send(
      new CreateTableCommand({
        TableName: name,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [partitionKey, sortKey, indexPartitionKey, indexSortKey].map((AttributeName) => ({
          AttributeName,
          AttributeType: "S",
        })),
        KeySchema: keys(partitionKey, sortKey),
        GlobalSecondaryIndexes: [
          { IndexName: index, KeySchema: keys(indexPartitionKey, indexSortKey), Projection: { ProjectionType: "ALL" } },
        ],
      }),
    );
    return this.active(name);
  }

  /** Creates a table whose key is one attribute. */
  async keyTable(partitionKey: string, name: string): Promise<string> {
    await this.client.send(
      new CreateTableCommand({
        TableName: name,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [{ AttributeName: partitionKey, AttributeType: "S" }],
        KeySchema: [{ AttributeName: partitionKey, KeyType: "HASH" }],
      }),
    );
    return this.active(name);
  }

  private async active(name: string): Promise<string> {
    const describe = new DescribeTableCommand({ TableName: name });
    while ((await this.client.send(describe)).Table?.TableStatus !== "ACTIVE") await new Promise(setImmediate);
    return name;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

function keys(partition: string, sort: string) {
  return [
    { AttributeName: partition, KeyType: "HASH" as const },
    { AttributeName: sort, KeyType: "RANGE" as const },
  ];
}
