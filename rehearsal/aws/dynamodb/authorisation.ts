import type { AwsAccount } from "../account";
import { type Authorisation, AwsError, type DeployedResource, type Shape } from "../api";
import { check, type Checked, type EngineOperation } from "./engine";
import { keyText, type AttributeValue, type Item } from "./values";

/** One permission that a call needs, and the table that it touches. */
export interface TableAuthorisation extends Authorisation {
  /** Name. */
  table: string;
}

type Deployed = (table: string) => DeployedResource | undefined;

/** What one part of a call does with one table: the whole of a simple call, one item of a transaction, one table of a batch. */
interface Access {
  table: string;
  index?: string;
  /** The partition keys' values that the call names. */
  keys?: (Item | undefined)[];
  /** Top-level attributes that the call names; absent: all of them, for which AWS sets no condition key. */
  attributes?: string[];
  select?: string;
  returnValues?: string;
  /** IAM's name, if it is not that of the call. */
  action?: string;
  enclosing?: string;
}

/** IAM has no action for a transaction: each of its items needs that of the single operation. */
const TRANSACTION_ACTIONS: Record<string, { action: string; checkedAs: EngineOperation }> = {
  Put: { action: "dynamodb:PutItem", checkedAs: "putItem" },
  Update: { action: "dynamodb:UpdateItem", checkedAs: "updateItem" },
  Delete: { action: "dynamodb:DeleteItem", checkedAs: "deleteItem" },
  ConditionCheck: { action: "dynamodb:ConditionCheckItem", checkedAs: "deleteItem" },
  Get: { action: "dynamodb:GetItem", checkedAs: "getItem" },
};

/** What IAM must allow for a call, with DynamoDB's own condition keys. */
export function authorisations(operation: string, params: Shape, account: AwsAccount, deployed: Deployed): TableAuthorisation[] {
  return accesses(operation, params).map((access) => toAuthorisation(access, account, deployed(access.table)));
}

function toAuthorisation(access: Access, { region, accountId }: AwsAccount, table: DeployedResource | undefined): TableAuthorisation {
  const { index, keys, attributes, select, returnValues, action, enclosing } = access;
  const arn = `arn:aws:dynamodb:${region}:${accountId}:table/${access.table}`;
  const partitionKey = partitionKeyOf(table, index);
  const leading = keys?.flatMap((key) => keyText(partitionKey === undefined ? undefined : key?.[partitionKey]) ?? []);
  const tags = (table?.state["tagsAll"] ?? table?.state["tags"] ?? {}) as Record<string, string>;
  return {
    table: access.table,
    resource: index === undefined ? arn : `${arn}/index/${index}`,
    ...(action === undefined ? {} : { action }),
    ...(table ? {} : { missing: true }),
    context: {
      ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:ResourceTag/${key}`, value])),
      ...(leading ? { "dynamodb:LeadingKeys": [...new Set(leading)] } : {}),
      ...(attributes ? { "dynamodb:Attributes": [...new Set(attributes)] } : {}),
      ...(select === undefined ? {} : { "dynamodb:Select": select }),
      ...(returnValues === undefined ? {} : { "dynamodb:ReturnValues": returnValues }),
      ...(enclosing === undefined ? {} : { "dynamodb:EnclosingOperation": enclosing }),
    },
  };
}

function partitionKeyOf(table: DeployedResource | undefined, index: string | undefined): string | undefined {
  if (index === undefined) return table?.state["hashKey"];
  const indexes = (table?.state["globalSecondaryIndexes"] ?? []) as { name: string; hashKey: string }[];
  return indexes.find(({ name }) => name === index)?.hashKey;
}

function accesses(operation: string, params: Shape): Access[] {
  const requested = Object.entries((params["RequestItems"] ?? {}) as Record<string, any>);
  switch (operation) {
    case "BatchGetItem":
      return requested.map(([table, { Keys = [], ...rest }]) => ({
        table,
        keys: Keys,
        ...reads("getItem", { ...rest, TableName: table }),
      }));
    case "BatchWriteItem":
      return requested.map(([table, requests]) => {
        const items = (requests as Shape[]).map(({ PutRequest, DeleteRequest }: any) => PutRequest?.Item ?? DeleteRequest?.Key) as Item[];
        return { table, keys: items, attributes: items.flatMap((item) => Object.keys(item ?? {})) };
      });
    case "TransactWriteItems":
    case "TransactGetItems":
      return ((params["TransactItems"] ?? []) as Shape[]).flatMap((item) => transactionAccess(item, operation));
    default:
      return [single(operation, params)];
  }
}

function transactionAccess(item: Shape, enclosing: string): Access[] {
  return Object.entries(item).flatMap(([name, params]) => {
    const known = TRANSACTION_ACTIONS[name];
    if (!known || params === undefined) return [];
    return [{ ...access(known.checkedAs, params as Shape), action: known.action, enclosing }];
  });
}

const CHECKED_AS: Record<string, EngineOperation> = {
  GetItem: "getItem",
  Query: "query",
  PutItem: "putItem",
  UpdateItem: "updateItem",
  DeleteItem: "deleteItem",
};

function single(operation: string, params: Shape): Access {
  const checkedAs = CHECKED_AS[operation];
  return checkedAs ? access(checkedAs, params) : { table: String(params["TableName"] ?? "") };
}

function access(operation: EngineOperation, params: Shape): Access {
  const table = String(params["TableName"] ?? "");
  const index = params["IndexName"] as string | undefined;
  const returnValues = params["ReturnValues"] as string | undefined;
  const more = { ...(index === undefined ? {} : { index }), ...(returnValues === undefined ? {} : { returnValues }) };
  if (operation === "getItem") return { table, keys: [params["Key"] as Item], ...reads("getItem", params) };
  if (operation === "query") return { table, ...more, keys: [queriedKey(params)], ...reads("query", params) };
  const written = (params["Item"] ?? params["Key"]) as Item | undefined;
  return { table, ...more, keys: [written], attributes: [...Object.keys(written ?? {}), ...namedBy(parsed(operation, params))] };
}

function reads(operation: EngineOperation, params: Shape): Pick<Access, "attributes" | "select"> {
  const select = params["Select"] as string | undefined;
  const data = parsed(operation, { ...(operation === "getItem" ? { Key: { any: { S: "any" } } } : {}), ...params });
  const projected = data?.["_projection"]?.paths ?? data?.["AttributesToGet"];
  if (projected === undefined) return select === undefined ? {} : { select };
  return { attributes: [...heads(projected), ...namedBy(data)], select: select ?? "SPECIFIC_ATTRIBUTES" };
}

/** The key of the partition that a query reads. */
function queriedKey(params: Shape): Item | undefined {
  const conditions = parsed("query", params)?.["KeyConditions"] as
    | Record<string, { ComparisonOperator: string; AttributeValueList: AttributeValue[] }>
    | undefined;
  const equal = Object.entries(conditions ?? {}).filter(([, { ComparisonOperator }]) => ComparisonOperator === "EQ");
  return Object.fromEntries(equal.map(([name, { AttributeValueList }]) => [name, AttributeValueList[0] as AttributeValue]));
}

/** Attributes in the expressions of a request. */
function namedBy(data: Checked | undefined): string[] {
  const { _updates: updates, _condition: condition, _filter: filter, _keyCondition: keys } = data ?? {};
  return [...heads(updates?.paths ?? []), ...[condition, filter, keys].flatMap((part) => Object.keys(part?.pathHeads ?? {}))];
}

function heads(paths: (string | string[])[]): string[] {
  return paths.map((path) => (Array.isArray(path) ? String(path[0]) : path));
}

/** Undefined if AWS would refuse the request as invalid, which it then does after the authorisation. */
function parsed(operation: EngineOperation, params: Shape): Checked | undefined {
  try {
    return check(operation, structuredClone(params));
  } catch (error) {
    if (error instanceof AwsError) return undefined;
    throw error;
  }
}
