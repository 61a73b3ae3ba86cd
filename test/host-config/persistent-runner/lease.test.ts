import assert from "node:assert/strict";
import { CreateTableCommand, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { LEASE_ATTRIBUTES_OF_HOST, LEASE_KEY, leaseKey } from "../../../contract/persistent-runner/lease";
import { leaseWrites } from "../../../host-config/persistent-runner/agent/lease";
import { TestDynamoDb } from "../../functions/support/dynamodb";

const TABLE = "lease";
const dynamoDb = new TestDynamoDb();

describe("the machine's writes to its lease, judged by a DynamoDB of others", () => {
  before(async () => {
    await dynamoDb.start();
    await dynamoDb.client.send(
      new CreateTableCommand({
        TableName: TABLE,
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [{ AttributeName: LEASE_KEY, AttributeType: "S" }],
        KeySchema: [{ AttributeName: LEASE_KEY, KeyType: "HASH" }],
      }),
    );
  });
  after(() => dynamoDb.stop());

  const put = (phase: string, generation: number) =>
    dynamoDb.client.send(
      new PutItemCommand({
        TableName: TABLE,
        Item: {
          [LEASE_KEY]: { S: leaseKey("e2e") },
          phase: { S: phase },
          generation: { N: String(generation) },
          holder: { S: "acme/app#1#1" },
          failure: { S: "6: disk" },
        },
      }),
    );
  const item = async () =>
    (await dynamoDb.client.send(new GetItemCommand({ TableName: TABLE, Key: { [LEASE_KEY]: { S: leaseKey("e2e") } } }))).Item!;
  const sent: string[] = [];
  const lease = (bootId = "boot-1") =>
    leaseWrites({
      client: {
        send: (command: never) => {
          const { ExpressionAttributeNames: names } = (command as { input: { ExpressionAttributeNames: Record<string, string> } }).input;
          sent.push(...Object.values(names));
          return dynamoDb.client.send(command);
        },
      },
      table: TABLE,
      name: "e2e",
      generation: 7,
      bootId,
      now: () => 1_700_000_000_000,
    });

  it("say that the machine is ready for the start that its order is of, and remove an earlier boot's failure", async () => {
    await put("starting", 7);
    assert.equal(await lease().ready("digest"), true);
    const { phase, bootId, changedAt, prepared, holder, failure } = await item();
    assert.deepEqual(
      [phase?.S, bootId?.S, changedAt?.N, prepared?.S, holder?.S, failure],
      ["ready", "boot-1", "1700000000000", "digest", "acme/app#1#1", undefined],
    );
  });

  it("count again from the same boot, whose first answer was lost, and not from another", async () => {
    await put("starting", 7);
    await lease().ready("digest");
    assert.equal(await lease().ready("digest"), true);
    assert.equal(await lease("boot-2").ready("digest"), false, "a reboot in one start would let two jobs run");
  });

  for (const [what, phase, generation] of [
    ["has been released", "stopping", 7],
    ["EC2 has shown as off", "stopped", 7],
    ["is of a later start", "starting", 8],
    ["is of an earlier start", "starting", 6],
  ] as const) {
    it(`change nothing of a lease that ${what}`, async () => {
      await put(phase, generation);
      const before = await item();
      assert.equal(await lease().ready("digest"), false);
      await lease().failed("too late");
      assert.deepEqual(await item(), before);
    });
  }

  it("leave the phase of a failed boot to those who see the machine go off, with a bounded reason of this generation", async () => {
    await put("starting", 7);
    await lease().failed("disk: ".padEnd(5_000, "x"));
    const { phase, failure } = await item();
    assert.equal(phase?.S, "starting");
    assert.match(failure!.S!, /^7: disk: x{900,}$/);
    assert.ok(failure!.S!.length <= 1_000);
  });

  it("name no attribute but those that the machine's role may write", () => {
    assert.ok(sent.length > 0);
    assert.deepEqual(
      sent.filter((name) => !(LEASE_ATTRIBUTES_OF_HOST as readonly string[]).includes(name)),
      [],
    );
  });
});
