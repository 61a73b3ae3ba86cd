import assert from "node:assert/strict";
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  type ConditionalCheckFailedException,
  DeleteItemCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
  UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";
import { dynamoDbThrottling, outage } from "../../../../rehearsal/aws/api-faults";
import { startHarness, ACCOUNT, type AwsHarness } from "../harness";
import { deployTable, TABLE_ARN } from "./table";

const TableName = "ledger";
const key = (id: number | string) => ({ pk: { S: `job#${id}` }, sk: { S: "job" } });

describe("DynamoDB of the stand-in, used by the AWS SDK", () => {
  let harness: AwsHarness;
  let client: DynamoDBClient;

  before(async () => {
    harness = await startHarness();
    client = new DynamoDBClient({ ...connection(), maxAttempts: 1 });
  });
  const connection = () => {
    const { accessKeyId, secretAccessKey } = harness.credentials.issue({ kind: "operator" });
    const endpoint = `http://127.0.0.1:${harness.front.httpPort}`;
    return { region: ACCOUNT.region, endpoint, credentials: { accessKeyId, secretAccessKey } };
  };
  after(() => harness.end());
  beforeEach(() => deployTable(harness.store));
  afterEach(async () => {
    harness.store.remove("aws:dynamodb/table:Table", "ledger");
    await assert.rejects(client.send(new GetItemCommand({ TableName, Key: key(1) })), { name: "ResourceNotFoundException" });
    assert.deepEqual(harness.defects, []);
  });

  const event = (id: number, rank: number, more: string = "") =>
    client.send(
      new UpdateItemCommand({
        TableName,
        Key: key(id),
        UpdateExpression: `SET #rank = :rank${more}`,
        ConditionExpression: "attribute_not_exists(#rank) OR #rank < :rank",
        ExpressionAttributeNames: { "#rank": "rank" },
        ExpressionAttributeValues: { ":rank": { N: String(rank) } },
        ReturnValues: "ALL_NEW",
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      }),
    );

  it("takes a table's ARN wherever it takes its name, and no ARN of another account", async () => {
    await event(1, 2);
    const byArn = await client.send(new GetItemCommand({ TableName: TABLE_ARN, Key: key(1) }));
    assert.equal(byArn.Item?.["rank"]?.N, "2");
    const batch = { [TABLE_ARN]: { Keys: [key(1)] } };
    const { Responses = {} } = await client.send(new BatchGetItemCommand({ RequestItems: batch }));
    assert.equal(Object.values(Responses)[0]?.[0]?.["rank"]?.N, "2");
    const foreign = TABLE_ARN.replace(ACCOUNT.accountId, "210987654321");
    await assert.rejects(client.send(new GetItemCommand({ TableName: foreign, Key: key(1) })));
  });

  it("must not apply a conditional update to an item that is further already, and returns that item", async () => {
    assert.equal((await event(1, 3)).Attributes?.["rank"]?.N, "3");
    await assert.rejects(event(1, 2), (error: ConditionalCheckFailedException) => {
      assert.equal(error.name, "ConditionalCheckFailedException");
      assert.equal(error.message, "The conditional request failed");
      assert.deepEqual(error.Item, { ...key(1), rank: { N: "3" } });
      return true;
    });
    assert.equal((await event(1, 4)).Attributes?.["rank"]?.N, "4");
  });

  it("must let one of many concurrent updates with the same condition win", async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => event(1, 3)));
    assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
  });

  it("must preserve every type of value, binary ones too", async () => {
    const Item = {
      ...key(1),
      text: { S: "tökén" },
      number: { N: "12345678901234567890" },
      bytes: { B: new Uint8Array([0, 255, 7]) },
      sets: { SS: ["a", "b"] },
      bytesSet: { BS: [new Uint8Array([1])] },
      nested: { M: { B: { S: "named B" }, list: { L: [{ BOOL: true }, { NULL: true }, { B: new Uint8Array([9]) }] } } },
    };
    await client.send(new PutItemCommand({ TableName, Item }));
    assert.deepEqual((await client.send(new GetItemCommand({ TableName, Key: key(1) }))).Item, Item);
  });

  it("must list in a sparse index only what has its keys, in their order, page by page", async () => {
    const put = (id: number, list?: string) =>
      client.send(
        new PutItemCommand({ TableName, Item: { ...key(id), ...(list ? { list: { S: list }, at: { S: `2026#${9 - id}` } } : {}) } }),
      );
    await Promise.all([put(1, "open#a"), put(2, "open#a"), put(3, "open#b"), put(4), put(5, "open#a")]);
    const read = async () => {
      const found: string[] = [];
      let ExclusiveStartKey: Record<string, any> | undefined;
      do {
        const page = await client.send(
          new QueryCommand({
            TableName,
            IndexName: "lists",
            KeyConditionExpression: "#list = :list",
            ExpressionAttributeNames: { "#list": "list" },
            ExpressionAttributeValues: { ":list": { S: "open#a" } },
            Limit: 2,
            ExclusiveStartKey,
          }),
        );
        found.push(...(page.Items ?? []).map((item) => item["pk"]!.S!));
        ExclusiveStartKey = page.LastEvaluatedKey;
      } while (ExclusiveStartKey);
      return found;
    };
    assert.deepEqual(await read(), ["job#5", "job#2", "job#1"]);
    await client.send(
      new UpdateItemCommand({
        TableName,
        Key: key(2),
        UpdateExpression: "REMOVE #list, #at",
        ExpressionAttributeNames: { "#list": "list", "#at": "at" },
      }),
    );
    await client.send(new DeleteItemCommand({ TableName, Key: key(5) }));
    assert.deepEqual(await read(), ["job#1"]);
  });

  it("must write and read in batches, and refuse a batch that names an item twice", async () => {
    const PutRequest = (id: number) => ({ PutRequest: { Item: { ...key(id), n: { N: String(id) } } } });
    const written = await client.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: [PutRequest(1), PutRequest(2)] } }));
    assert.deepEqual(written.UnprocessedItems, {});
    const { Responses } = await client.send(new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: [key(1), key(2), key(3)] } } }));
    assert.deepEqual(Responses?.[TableName]?.map(({ n }) => n?.N).sort(), ["1", "2"]);
    await assert.rejects(client.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: [PutRequest(1), PutRequest(1)] } })), {
      name: "ValidationException",
      message: "Provided list of item keys contains duplicates",
    });
  });

  it("must refuse reserved words in expressions, since AWS does and other stand-ins do not", async () => {
    const update = new UpdateItemCommand({
      TableName,
      Key: key(1),
      UpdateExpression: "SET pool = :p",
      ExpressionAttributeValues: { ":p": { S: "a" } },
    });
    await assert.rejects(client.send(update), { name: "ValidationException", message: /reserved keyword: pool/ });
  });

  it("must describe a table as it was deployed", async () => {
    const { Table } = await client.send(new DescribeTableCommand({ TableName }));
    assert.equal(Table?.TableArn, TABLE_ARN);
    assert.equal(Table?.CreationDateTime?.toISOString(), "2026-01-01T00:00:00.000Z");
    assert.deepEqual(
      Table?.KeySchema?.map(({ AttributeName }) => AttributeName),
      ["pk", "sk"],
    );
    assert.equal(Table?.GlobalSecondaryIndexes?.[0]?.IndexArn, `${TABLE_ARN}/index/lists`);
    assert.equal(Table?.BillingModeSummary?.BillingMode, "PAY_PER_REQUEST");
  });

  it("must never delete an expired item, since AWS may take days", async () => {
    const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName }));
    assert.deepEqual(TimeToLiveDescription, { TimeToLiveStatus: "ENABLED", AttributeName: "expiresAt" });
    await client.send(new PutItemCommand({ TableName, Item: { ...key(1), expiresAt: { N: "1" } } }));
    assert.ok((await client.send(new GetItemCommand({ TableName, Key: key(1) }))).Item);
    const enable = new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification: { Enabled: true, AttributeName: "expiresAt" } });
    await assert.rejects(client.send(enable), { name: "ValidationException", message: "TimeToLive is already enabled" });
  });

  it("must drop the items of a table that is deleted or replaced", async () => {
    await event(1, 1);
    deployTable(harness.store, { _tableId: "22222222-2222-4222-8222-222222222222" });
    assert.equal((await client.send(new GetItemCommand({ TableName, Key: key(1) }))).Item, undefined);
    const list = { KeyConditionExpression: "pk = :pk", ExpressionAttributeValues: { ":pk": key(1).pk } };
    assert.equal((await client.send(new QueryCommand({ TableName, ...list }))).Count, 0);
  });

  it("must refuse an operation that it does not know, instead of doing nothing", async () => {
    await assert.rejects(client.send(new ScanCommand({ TableName })), { name: "UnknownOperationException" });
  });

  it("must return injected faults so that the SDK retries them, and can be slow", async () => {
    const down = harness.faults.inject({ action: "dynamodb:GetItem", error: outage() });
    await assert.rejects(client.send(new GetItemCommand({ TableName, Key: key(1) })), { name: "InternalServerError" });
    down();
    harness.faults.inject({ action: "dynamodb:GetItem", times: 1, error: dynamoDbThrottling() });
    const patient = new DynamoDBClient({ ...connection(), maxAttempts: 2 });
    const { $metadata } = await patient.send(new GetItemCommand({ TableName, Key: key(1) }));
    assert.equal($metadata.attempts, 2);
    let answered = false;
    const slow = harness.faults.inject({ action: "dynamodb:GetItem", delayMs: 60 });
    const late = client.send(new GetItemCommand({ TableName, Key: key(1) })).then(() => (answered = true));
    await client.send(new DescribeTableCommand({ TableName }));
    assert.equal(answered, false, "another operation overtakes the slow one");
    await late;
    slow();
  });
});
