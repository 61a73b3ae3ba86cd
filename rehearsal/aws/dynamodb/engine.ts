import { AwsError, type Shape } from "../api";
import { tableNotFound } from "./errors";
import type { TableDescription } from "./tables";
import type { Item } from "./values";

/** A request that the engine has checked, with its expressions parsed. */
export type Checked = Record<string, any>;

/** dynalite has no types of its own. These are the internals that are used here; its version is pinned for their sake. */
type Done<T = unknown> = (error: EngineError | null, result: T) => void;
interface EngineError extends Error {
  statusCode?: number;
  body?: { __type: string; message?: string; Message?: string };
}
interface KeyValueStore {
  put(key: string, value: unknown, done: Done): void;
  del(key: string, done: Done): void;
}
interface Store {
  tableDb: KeyValueStore;
  deleteItemDb(table: string, done: Done): void;
  deleteIndexDb(kind: "Global", table: string, index: string, done: Done): void;
}
interface DynaliteDb {
  create(options: Record<string, number>): Store;
  checkConditional(data: Checked, item: Item | undefined): EngineError | null | undefined;
  validateItem(item: Item, table: TableDescription): EngineError | null | undefined;
  validateKey(key: Item, table: TableDescription): EngineError | null | undefined;
  itemSize(item: Item): number;
}
interface Validations {
  checkTypes(data: Shape, types: object): Checked;
  checkValidations(data: Checked, types: object, custom: unknown, limits: { options: { maxItemSize: number } }): void;
}

const db = require("dynalite/db") as DynaliteDb;
const validations = require("dynalite/validations") as Validations;

const MAX_ITEM_BYTES = 409_600;

/** The operations that are left to dynalite, as it names them. */
export type EngineOperation =
  | "batchGetItem"
  | "batchWriteItem"
  | "createTable"
  | "deleteItem"
  | "describeTable"
  | "getItem"
  | "putItem"
  | "query"
  | "updateItem";

type Action = (store: Store, data: Checked, done: Done<Shape>) => void;

/** Checks a request as AWS does before it reads any table, and parses its expressions. Throws AWS's error. */
export function check(operation: EngineOperation, params: Shape): Checked {
  const { types, custom } = require(`dynalite/validations/${operation}`) as { types: object; custom?: unknown };
  try {
    const data = validations.checkTypes(params, types);
    validations.checkValidations(data, types, custom, { options: { maxItemSize: MAX_ITEM_BYTES } });
    return data;
  } catch (error) {
    throw awsError(error as EngineError);
  }
}

/** Whether the request's condition holds for the item. Throws ConditionalCheckFailedException if not. */
export function checkCondition(data: Checked, item: Item | undefined): void {
  raise(db.checkConditional(data, item));
}

/** Throws AWS's error if the item, or the key alone, does not fit the table's schema. */
export function checkItem(item: Item, table: TableDescription): void {
  raise(db.validateItem(item, table));
}
export function checkKey(key: Item, table: TableDescription): void {
  raise(db.validateKey(key, table));
}

/** Bytes, as DynamoDB counts them. */
export function itemSize(item: Item): number {
  return db.itemSize(item);
}

/**
 * DynamoDB's data model (keys, expressions, indexes, limits) by dynalite, in this process and without HTTP. It keeps its items in
 * memory. What is on top of single operations is not its part: transactions, limits, permissions.
 */
export class Engine {
  private readonly store = db.create({});

  async execute(operation: EngineOperation, data: Checked): Promise<Shape> {
    const action = require(`dynalite/actions/${operation}`) as Action;
    return promised((done) => action(this.store, data, done));
  }

  /** The item as it is stored. The key must fit the table's schema. */
  async item(table: TableDescription, key: Item): Promise<Item | undefined> {
    const { Item: found } = await this.execute("getItem", { TableName: table.TableName, Key: key, ConsistentRead: true });
    return found as Item | undefined;
  }

  /** Puts an item back as it was before, which may be absent. */
  async restore(table: TableDescription, key: Item, item: Item | undefined): Promise<void> {
    const TableName = table.TableName;
    if (item) await this.execute("putItem", { TableName, Item: item });
    else await this.execute("deleteItem", { TableName, Key: key });
  }

  async addTable(table: TableDescription): Promise<void> {
    await promised((done) => this.store.tableDb.put(table.TableName, table, done));
  }

  async removeTable({ TableName, GlobalSecondaryIndexes = [] }: TableDescription): Promise<void> {
    await promised((done) => this.store.tableDb.del(TableName, done));
    await promised((done) => this.store.deleteItemDb(TableName, done));
    for (const { IndexName } of GlobalSecondaryIndexes) {
      await promised((done) => this.store.deleteIndexDb("Global", TableName, IndexName, done));
    }
  }
}

function promised<T>(start: (done: Done<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => start((error, result) => (error ? reject(awsError(error)) : resolve(result))));
}

function raise(error: EngineError | null | undefined): void {
  if (error) throw awsError(error);
}

function awsError(error: EngineError): Error {
  if (!error.body) return error;
  const code = error.body.__type.split("#").pop() ?? "";
  if (code === "ResourceNotFoundException") return tableNotFound();
  return new AwsError(code, error.body.message ?? error.body.Message ?? "", error.statusCode ?? 400);
}
