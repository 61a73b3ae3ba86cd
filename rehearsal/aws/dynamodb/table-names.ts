import type { AwsAccount } from "../account";
import type { Shape } from "../api";

/** DynamoDB takes a table's ARN wherever it takes its name. The data model knows names only, and an ARN of another account stays. */
export function withTableNames(params: Shape, account: AwsAccount): Shape {
  const { TableName, TransactItems, RequestItems, ...rest } = params;
  return {
    ...rest,
    ...(TableName === undefined ? {} : { TableName: nameOf(TableName, account) }),
    ...(Array.isArray(TransactItems) ? { TransactItems: TransactItems.map((item) => inTransaction(item as Shape, account)) } : {}),
    ...(RequestItems === undefined ? {} : { RequestItems: withNamedKeys(RequestItems as Shape, account) }),
  };
}

function inTransaction(item: Shape, account: AwsAccount): Shape {
  return Object.fromEntries(Object.entries(item).map(([kind, params]) => [kind, withTableNames(params as Shape, account)]));
}

function withNamedKeys(byTable: Shape, account: AwsAccount): Shape {
  return Object.fromEntries(Object.entries(byTable).map(([table, requests]) => [nameOf(table, account), requests]));
}

function nameOf(table: unknown, { region, accountId }: AwsAccount): unknown {
  const prefix = `arn:aws:dynamodb:${region}:${accountId}:table/`;
  return typeof table === "string" && table.startsWith(prefix) ? table.slice(prefix.length) : table;
}
