import * as fc from "fast-check";

/** One call: the operation's name and its input. */
export interface Call {
  operation: string;
  input: Record<string, any>;
}

const TableName = "ledger";
const IndexName = "lists";
type Values = Record<string, any>;
/** A condition or an update, with the names and values that it uses. */
interface Expression {
  text: string;
  names: Record<string, string>;
  values: Values;
}

const key = fc
  .record({ pk: fc.constantFrom("a", "b"), sk: fc.constantFrom("1", "2") })
  .map(({ pk, sk }) => ({ pk: { S: pk }, sk: { S: sk } }));
const number = fc.integer({ min: -2, max: 12 }).map((value) => ({ N: String(value) }));
const text = fc.constantFrom("x", "xy", "z").map((value) => ({ S: value }));
const listed = fc.option(fc.record({ list: fc.constantFrom("open", "done"), at: fc.constantFrom("1", "2", "3") }), { nil: undefined });

const item = fc.record({ key, n: number, s: text, listed, nested: fc.boolean() }).map(({ key, n, s, listed, nested }) => ({
  ...key,
  n,
  s,
  ...(listed ? { list: { S: listed.list }, at: { S: listed.at } } : {}),
  ...(nested ? { m: { M: { k: n, l: { L: [s, n] } } }, set: { SS: ["p", "q"] } } : {}),
}));

const none: Expression = { text: "", names: {}, values: {} };
const plain = (text: string): Expression => ({ ...none, text });

/** Conditions over what an item may or may not have. */
const condition: fc.Arbitrary<Expression> = fc.oneof(
  fc.constantFrom(
    ...["attribute_exists(pk)", "attribute_not_exists(pk)", "attribute_not_exists(m.k)", "attribute_type(s, :type)", "size(s) > :one"].map(
      (text): Expression => {
        const values: Values = {
          ...(text.includes(":type") ? { ":type": { S: "S" } } : {}),
          ...(text.includes(":one") ? { ":one": { N: "1" } } : {}),
        };
        return { text, names: {}, values };
      },
    ),
  ),
  number.map((rank) => ({ text: "attribute_not_exists(#n) OR #n < :rank", names: { "#n": "n" }, values: { ":rank": rank } })),
  fc.tuple(number, number).map(([low, high]) => ({ text: "n BETWEEN :low AND :high", names: {}, values: { ":low": low, ":high": high } })),
  text.map((value) => ({ text: "NOT (s = :s) AND begins_with(s, :x)", names: {}, values: { ":s": value, ":x": { S: "x" } } })),
  text.map((value) => ({
    text: "s IN (:s, :other) OR contains(#set, :p)",
    names: { "#set": "set" },
    values: { ":s": value, ":other": { S: "z" }, ":p": { S: "p" } },
  })),
);
const maybeCondition = fc.option(condition, { nil: undefined });

/** Updates whose paths do not overlap, since that is refused by us and by AWS, but not by every judge. */
const update: fc.Arbitrary<Expression> = fc.oneof(
  number.map((n) => ({ text: "SET n = :n", names: {}, values: { ":n": n } })),
  number.map((n) => ({ text: "SET n = if_not_exists(n, :n) + :n", names: {}, values: { ":n": n } })),
  number.map((n) => ({ text: "ADD n :n", names: {}, values: { ":n": n } })),
  fc.constant({ text: "ADD #set :add", names: { "#set": "set" }, values: { ":add": { SS: ["r"] } } }),
  fc.constant({ text: "DELETE #set :gone", names: { "#set": "set" }, values: { ":gone": { SS: ["p", "r"] } } }),
  fc.constant({ text: "REMOVE #list, #at", names: { "#list": "list", "#at": "at" }, values: {} }),
  fc.tuple(fc.constantFrom("open", "done"), number).map(([list, n]) => ({
    text: "SET #list = :list, #at = :at, n = :n REMOVE s",
    names: { "#list": "list", "#at": "at" },
    values: { ":list": { S: list }, ":at": { S: "9" }, ":n": n },
  })),
  text.map((s) => ({
    text: "SET #l = list_append(if_not_exists(#l, :none), :s)",
    names: { "#l": "l" },
    values: { ":none": { L: [] }, ":s": { L: [s] } },
  })),
  fc.constantFrom(plain("SET a2 = n"), plain("REMOVE nope"), plain("SET a1 = nope")),
);

/** The parameters of a condition and an update together. Their placeholders differ. */
function expressions(update: Expression | undefined, condition: Expression | undefined): Record<string, unknown> {
  const used = [update, condition].filter((one) => one !== undefined);
  const names = Object.assign({}, ...used.map((one) => one.names)) as object;
  // Both may have a placeholder `:n`, `:s` or `:p`: the condition's are renamed.
  const values = Object.assign({}, ...used.map((one) => one.values)) as object;
  return {
    ...(update ? { UpdateExpression: update.text } : {}),
    ...(condition ? { ConditionExpression: condition.text } : {}),
    ...(Object.keys(names).length > 0 ? { ExpressionAttributeNames: names } : {}),
    ...(Object.keys(values).length > 0 ? { ExpressionAttributeValues: values } : {}),
  };
}

const distinct = (one: Expression): Expression => ({
  ...one,
  text: one.text.replaceAll(":", ":c_"),
  values: Object.fromEntries(Object.entries(one.values).map(([name, value]) => [name.replace(":", ":c_"), value])),
});
const onFailure = fc.constantFrom({}, { ReturnValuesOnConditionCheckFailure: "ALL_OLD" });
const putParams = fc.record({ item, condition: maybeCondition, onFailure }).map(({ item, condition, onFailure }) => ({
  TableName,
  Item: item,
  ...expressions(undefined, condition),
  ...onFailure,
}));
const updateParams = fc.record({ key, update, condition: maybeCondition, onFailure }).map(({ key, update, condition, onFailure }) => ({
  TableName,
  Key: key,
  ...expressions(update, condition && distinct(condition)),
  ...onFailure,
}));
const deleteParams = fc.record({ key, condition: maybeCondition, onFailure }).map(({ key, condition, onFailure }) => ({
  TableName,
  Key: key,
  ...expressions(undefined, condition),
  ...onFailure,
}));
const checkParams = fc.record({ key, condition, onFailure }).map(({ key, condition, onFailure }) => ({
  TableName,
  Key: key,
  ...expressions(undefined, condition),
  ...onFailure,
}));

const call = (operation: string, input: fc.Arbitrary<Record<string, any>>): fc.Arbitrary<Call> =>
  input.map((value) => ({ operation, input: value }));
const returning = (params: fc.Arbitrary<object>, ...values: string[]) =>
  fc.tuple(params, fc.constantFrom(...values)).map(([given, ReturnValues]) => ({ ...given, ReturnValues }));

const part = fc.oneof(
  putParams.map((Put) => ({ Put })),
  updateParams.map((Update) => ({ Update })),
  deleteParams.map((Delete) => ({ Delete })),
  checkParams.map((ConditionCheck) => ({ ConditionCheck })),
);
const ordered = fc.record({ ScanIndexForward: fc.boolean(), Limit: fc.constantFrom(undefined, 1, 3) });
const queryTable = fc.record({ pk: fc.constantFrom("a", "b"), ordered }).map(({ pk, ordered }) => ({
  TableName,
  KeyConditionExpression: "pk = :pk",
  ExpressionAttributeValues: { ":pk": { S: pk } },
  ...ordered,
}));
/** Equal range keys have no order in an index, so that such a query has no limit and its items are compared as a set. */
const queryIndex = fc.record({ list: fc.constantFrom("open", "done"), from: fc.constantFrom("1", "2") }).map(({ list, from }) => ({
  TableName,
  IndexName,
  KeyConditionExpression: "#list = :list AND #at >= :from",
  FilterExpression: "attribute_exists(n)",
  ExpressionAttributeNames: { "#list": "list", "#at": "at" },
  ExpressionAttributeValues: { ":list": { S: list }, ":from": { S: from } },
}));
const projection = fc.constantFrom(
  {},
  { ProjectionExpression: "s, m.l[0]" },
  { ProjectionExpression: "#set", ExpressionAttributeNames: { "#set": "set" } },
);
const getParams = fc.tuple(key, projection).map(([Key, projected]) => ({ TableName, Key, ConsistentRead: true, ...projected }));
const batchPart = fc.oneof(
  item.map((Item) => ({ PutRequest: { Item } })),
  key.map((Key) => ({ DeleteRequest: { Key } })),
);

/** Requests of every kind that the stand-in serves, over so few keys that they meet. */
export const anyCall: fc.Arbitrary<Call> = fc.oneof(
  { weight: 3, arbitrary: call("PutItem", returning(putParams, "NONE", "ALL_OLD")) },
  { weight: 5, arbitrary: call("UpdateItem", returning(updateParams, "NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW")) },
  { weight: 2, arbitrary: call("DeleteItem", returning(deleteParams, "NONE", "ALL_OLD")) },
  {
    weight: 4,
    arbitrary: call(
      "TransactWriteItems",
      fc.array(part, { minLength: 1, maxLength: 4 }).map((TransactItems) => ({ TransactItems })),
    ),
  },
  {
    weight: 1,
    arbitrary: call(
      "TransactGetItems",
      fc
        .array(getParams, { minLength: 1, maxLength: 3 })
        .map((gets) => ({ TransactItems: gets.map(({ ConsistentRead: _always, ...Get }) => ({ Get })) })),
    ),
  },
  {
    weight: 1,
    arbitrary: call(
      "BatchWriteItem",
      fc.array(batchPart, { minLength: 1, maxLength: 4 }).map((parts) => ({ RequestItems: { [TableName]: parts } })),
    ),
  },
  { weight: 2, arbitrary: call("GetItem", getParams) },
  { weight: 1, arbitrary: call("Query", queryTable) },
  { weight: 2, arbitrary: call("Query", queryIndex) },
);
