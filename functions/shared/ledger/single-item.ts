import { type AttributeValue, GetItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import type { DynamoDb } from "../aws/clients";
import { type Item, toAttribute, toItem } from "./attributes";
import { conditional } from "./conditional";
import { type Change, type Condition, Expressions } from "./expressions";

export interface ItemWrite extends Change {
  when: Condition;
}

/** One item of a table whose key is one attribute. Every write is a conditional update, and safe to repeat. */
export class SingleItem {
  private readonly key: Record<string, AttributeValue>;

  constructor(
    private readonly client: DynamoDb,
    private readonly table: string,
    keyAttribute: string,
    key: string,
  ) {
    this.key = { [keyAttribute]: toAttribute(key) };
  }

  /** As of the last write. */
  async read(signal?: AbortSignal): Promise<Item | undefined> {
    const command = new GetItemCommand({ TableName: this.table, Key: this.key, ConsistentRead: true });
    const { Item } = await this.client.send(command, { abortSignal: signal });
    return Item && toItem(Item);
  }

  /** `refused`: the condition does not hold, and nothing changed. */
  async update({ when, ...change }: ItemWrite, signal?: AbortSignal): Promise<"applied" | "refused"> {
    const expressions = new Expressions();
    const UpdateExpression = expressions.change(change);
    const ConditionExpression = expressions.condition(when);
    const command = new UpdateItemCommand({
      TableName: this.table,
      Key: this.key,
      UpdateExpression,
      ConditionExpression,
      ...expressions.parameters(),
    });
    return conditional(() => this.client.send(command, { abortSignal: signal }));
  }
}
