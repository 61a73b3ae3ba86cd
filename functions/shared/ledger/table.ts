import {
  type AttributeValue,
  DeleteItemCommand,
  GetItemCommand,
  QueryCommand,
  UpdateItemCommand,
  type QueryCommandInput,
} from "@aws-sdk/client-dynamodb";
import type { DynamoDb } from "../aws/clients";
import { type Item, toAttribute, toItem } from "./attributes";
import { conditional } from "./conditional";
import { type Change, type Condition, Expressions, isExpired } from "./expressions";

/** Attributes of a ledger's keys. */
export interface TableSchema {
  partitionKey: string;
  sortKey: string;
  /** Sparse: only items with both attributes are in it, each with all its attributes. */
  index: string;
  indexPartitionKey: string;
  indexSortKey: string;
  /** Seconds since the epoch. */
  timeToLive: string;
}

export interface Key {
  pk: string;
  sk: string;
}

export interface Write extends Change {
  key: Key;
  /** Absent: always. */
  when?: Condition;
}

/**
 * A ledger in DynamoDB. Every write is one conditional update of one item; without transactions it stays within the 1,000
 * writes a second of a partition key, and each is safe to repeat. The client retries, with bounds. Reads omit what has expired.
 */
export class LedgerTable {
  constructor(
    private readonly client: DynamoDb,
    private readonly table: string,
    private readonly schema: TableSchema,
    private readonly now: () => number,
  ) {}

  /** `refused`: the condition does not hold, and nothing changed. */
  async update({ key, when, ...change }: Write, signal?: AbortSignal): Promise<"applied" | "refused"> {
    const expressions = new Expressions();
    const UpdateExpression = expressions.change(change);
    const ConditionExpression = when && expressions.condition(when);
    const Key = this.keyOf(key);
    const command = new UpdateItemCommand({
      TableName: this.table,
      Key,
      UpdateExpression,
      ConditionExpression,
      ...expressions.parameters(),
    });
    return conditional(() => this.client.send(command, { abortSignal: signal }));
  }

  /** Deleting what does not exist succeeds, unless the condition demands it. */
  async delete(key: Key, when?: Condition, signal?: AbortSignal): Promise<"applied" | "refused"> {
    const expressions = new Expressions();
    const ConditionExpression = when && expressions.condition(when);
    const command = new DeleteItemCommand({
      TableName: this.table,
      Key: this.keyOf(key),
      ConditionExpression,
      ...expressions.parameters(),
    });
    return conditional(() => this.client.send(command, { abortSignal: signal }));
  }

  /** As of the last write. */
  async get(key: Key, signal?: AbortSignal): Promise<Item | undefined> {
    const command = new GetItemCommand({ TableName: this.table, Key: this.keyOf(key), ConsistentRead: true });
    const { Item } = await this.client.send(command, { abortSignal: signal });
    return Item && this.present([Item])[0];
  }

  /** All items of one list of the index, in the order of its sort key. The index lags behind writes by some milliseconds. */
  async list(list: string, signal?: AbortSignal): Promise<Item[]> {
    const expressions = new Expressions();
    const KeyConditionExpression = expressions.condition({ attribute: this.schema.indexPartitionKey, is: "=", value: list });
    return this.query({ IndexName: this.schema.index, KeyConditionExpression, ...expressions.parameters() }, signal);
  }

  /** All items of a partition whose sort key begins with `prefix`. */
  async partition(pk: string, prefix: string, signal?: AbortSignal): Promise<Item[]> {
    const expressions = new Expressions();
    const samePartition = expressions.condition({ attribute: this.schema.partitionKey, is: "=", value: pk });
    const KeyConditionExpression = `${samePartition} AND begins_with(${expressions.name(this.schema.sortKey)}, ${expressions.value(prefix)})`;
    return this.query({ KeyConditionExpression, ConsistentRead: true, ...expressions.parameters() }, signal);
  }

  /** A page has at most 1 MB, some 1,500 jobs. */
  private async query(input: Omit<QueryCommandInput, "TableName">, signal?: AbortSignal): Promise<Item[]> {
    const found: Item[] = [];
    let ExclusiveStartKey: Record<string, AttributeValue> | undefined;
    do {
      const command = new QueryCommand({ TableName: this.table, ...input, ExclusiveStartKey });
      const page = await this.client.send(command, { abortSignal: signal });
      found.push(...this.present(page.Items ?? []));
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey !== undefined);
    return found;
  }

  private present(items: Record<string, AttributeValue>[]): Item[] {
    return items.map(toItem).filter((item) => !isExpired(item, this.schema.timeToLive, this.now()));
  }

  private keyOf({ pk, sk }: Key): Record<string, AttributeValue> {
    return { [this.schema.partitionKey]: toAttribute(pk), [this.schema.sortKey]: toAttribute(sk) };
  }
}
