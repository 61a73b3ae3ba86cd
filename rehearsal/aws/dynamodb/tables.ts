import type { DeployedResource } from "../api";
import type { Item } from "./values";

export const TABLE = "aws:dynamodb/table:Table";

interface KeyElement {
  AttributeName: string;
  KeyType: "HASH" | "RANGE";
}

export interface IndexDescription {
  IndexName: string;
  IndexArn: string;
  IndexStatus: "ACTIVE";
  KeySchema: KeyElement[];
  Projection: { ProjectionType: string; NonKeyAttributes?: string[] };
  ProvisionedThroughput: Throughput;
  IndexSizeBytes: number;
  ItemCount: number;
}

interface Throughput {
  ReadCapacityUnits: number;
  WriteCapacityUnits: number;
  NumberOfDecreasesToday: number;
}

/** As DescribeTable returns it, and as the engine keeps it. */
export interface TableDescription {
  TableName: string;
  TableArn: string;
  TableId: string;
  TableStatus: "ACTIVE";
  /** Seconds since the epoch. */
  CreationDateTime: number;
  AttributeDefinitions: { AttributeName: string; AttributeType: string }[];
  KeySchema: KeyElement[];
  BillingModeSummary?: { BillingMode: string; LastUpdateToPayPerRequestDateTime?: number };
  ProvisionedThroughput: Throughput;
  GlobalSecondaryIndexes?: IndexDescription[];
  SSEDescription?: { Status: "ENABLED"; SSEType: "KMS"; KMSMasterKeyArn: string };
  DeletionProtectionEnabled: boolean;
  TableSizeBytes: number;
  ItemCount: number;
}

/** What AWS would describe of a table that the program deployed. */
export function describeTable({ state }: DeployedResource): TableDescription {
  const onDemand = state["billingMode"] === "PAY_PER_REQUEST";
  const createdAt = Number(state["_createdAt"] ?? 0) / 1000;
  const indexes = (state["globalSecondaryIndexes"] ?? []) as Record<string, any>[];
  return {
    TableName: String(state["name"]),
    TableArn: String(state["arn"]),
    TableId: String(state["_tableId"] ?? "00000000-0000-4000-8000-000000000000"),
    TableStatus: "ACTIVE",
    CreationDateTime: createdAt,
    AttributeDefinitions: (state["attributes"] as { name: string; type: string }[]).map(({ name, type }) => ({
      AttributeName: name,
      AttributeType: type,
    })),
    KeySchema: keySchema(state["hashKey"], state["rangeKey"]),
    ...(onDemand ? { BillingModeSummary: { BillingMode: "PAY_PER_REQUEST", LastUpdateToPayPerRequestDateTime: createdAt } } : {}),
    ProvisionedThroughput: throughput(state),
    ...(indexes.length > 0 ? { GlobalSecondaryIndexes: indexes.map((index) => describeIndex(String(state["arn"]), index)) } : {}),
    ...(state["serverSideEncryption"]?.enabled
      ? { SSEDescription: { Status: "ENABLED", SSEType: "KMS", KMSMasterKeyArn: String(state["serverSideEncryption"].kmsKeyArn) } }
      : {}),
    DeletionProtectionEnabled: state["deletionProtectionEnabled"] === true,
    TableSizeBytes: 0,
    ItemCount: 0,
  };
}

function describeIndex(tableArn: string, index: Record<string, any>): IndexDescription {
  return {
    IndexName: String(index["name"]),
    IndexArn: `${tableArn}/index/${index["name"]}`,
    IndexStatus: "ACTIVE",
    KeySchema: keySchema(index["hashKey"], index["rangeKey"]),
    Projection: {
      ProjectionType: String(index["projectionType"]),
      ...(index["nonKeyAttributes"] ? { NonKeyAttributes: index["nonKeyAttributes"] as string[] } : {}),
    },
    ProvisionedThroughput: throughput(index),
    IndexSizeBytes: 0,
    ItemCount: 0,
  };
}

function throughput({ readCapacity = 0, writeCapacity = 0 }: Record<string, any>): Throughput {
  return { ReadCapacityUnits: readCapacity, WriteCapacityUnits: writeCapacity, NumberOfDecreasesToday: 0 };
}

function keySchema(hash: unknown, range: unknown): KeyElement[] {
  return [
    { AttributeName: String(hash), KeyType: "HASH" },
    ...(range === undefined ? [] : [{ AttributeName: String(range), KeyType: "RANGE" as const }]),
  ];
}

/** The attributes of an item that are the table's key. */
export function keyOf({ KeySchema }: TableDescription, item: Item): Item {
  return Object.fromEntries(KeySchema.map(({ AttributeName }) => [AttributeName, item[AttributeName]!]));
}

/** What an index holds of an item; undefined if the item lacks one of the index's keys (a sparse index). */
export function indexEntry(table: TableDescription, index: IndexDescription, item: Item | undefined): Item | undefined {
  if (!item || index.KeySchema.some(({ AttributeName }) => item[AttributeName] === undefined)) return undefined;
  const { ProjectionType, NonKeyAttributes = [] } = index.Projection;
  if (ProjectionType === "ALL") return item;
  const keys = [...table.KeySchema, ...index.KeySchema].map(({ AttributeName }) => AttributeName);
  const projected = new Set([...keys, ...(ProjectionType === "INCLUDE" ? NonKeyAttributes : [])]);
  return Object.fromEntries(Object.entries(item).filter(([name]) => projected.has(name)));
}
