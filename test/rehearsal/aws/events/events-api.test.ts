import assert from "node:assert/strict";
import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from "@aws-sdk/client-eventbridge";
import { ACCOUNT, deployRole, startHarness, type AwsHarness } from "../harness";
import { deployFunction } from "../lambda/deployed-functions";

const BUS = `arn:aws:events:${ACCOUNT.region}:${ACCOUNT.accountId}:event-bus/default`;
const RULE_ARN = `arn:aws:events:${ACCOUNT.region}:${ACCOUNT.accountId}:rule/demand`;
const ENTRY = { Source: "ci-runners.workflow-jobs", DetailType: "Demand Changed", Detail: '{"pool":"p"}' };

describe("EventBridge of the stand-in, used by the AWS SDK", () => {
  let harness: AwsHarness;
  let client: EventBridgeClient;
  before(async () => {
    harness = await startHarness();
    allow();
    const endpoint = `http://127.0.0.1:${harness.front.httpPort}`;
    const {
      accessKeyId,
      secretAccessKey,
      sessionToken = "",
    } = harness.credentials.issue({ kind: "function", functionName: "webhook", roleName: "webhook" });
    client = new EventBridgeClient({
      region: ACCOUNT.region,
      endpoint,
      credentials: { accessKeyId, secretAccessKey, sessionToken },
      maxAttempts: 1,
    });
  });
  after(() => harness.end());

  const allow = (statement: object = {}) =>
    deployRole(harness.store, "webhook", [{ Effect: "Allow", Action: "events:PutEvents", Resource: BUS, ...statement }]);
  const put = (...Entries: PutEventsRequestEntry[]) => client.send(new PutEventsCommand({ Entries }));

  it("delivers an event to the rules that match it, with all that the program gave", async () => {
    const code = "export const handler = async (event) => console.log('got ' + JSON.stringify(event));";
    const arn = deployFunction(harness, "scale", code);
    const eventPattern = JSON.stringify({ source: [ENTRY.Source], "detail-type": [ENTRY.DetailType], detail: { pool: ["p"] } });
    harness.store.put({
      type: "aws:lambda/permission:Permission",
      id: "p",
      state: { function: "scale", action: "lambda:InvokeFunction", principal: "events.amazonaws.com", sourceArn: RULE_ARN },
    });
    harness.store.put({ type: "aws:cloudwatch/eventTarget:EventTarget", id: "t", state: { rule: "demand", arn, targetId: "t" } });
    harness.store.put({
      type: "aws:cloudwatch/eventRule:EventRule",
      id: "demand",
      state: { name: "demand", arn: RULE_ARN, eventPattern, state: "ENABLED" },
    });
    Object.assign(harness.bus.settings.delay, { min: 0, max: 0 });
    harness.bus.settings.decide = () => "duplicate";
    const { FailedEntryCount, Entries } = await put(
      { ...ENTRY, Resources: ["r"], EventBusName: BUS },
      { ...ENTRY, Detail: '{"pool":"other"}' },
    );
    assert.equal(FailedEntryCount, 0);
    const received = () => harness.lambda.logs.filter(({ line }) => line.startsWith("got ")).map(({ line }) => JSON.parse(line.slice(4)));
    while (received().length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    for (const event of received()) {
      assert.deepEqual(
        [event.id, event["detail-type"], event.detail, event.resources],
        [Entries?.[0]?.EventId, ENTRY.DetailType, { pool: "p" }, ["r"]],
      );
      assert.match(event.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    }
  });

  it("accepts the other entries if one is wrong, and reports that one", async () => {
    allow();
    const { FailedEntryCount, Entries = [] } = await put(
      ENTRY,
      { ...ENTRY, Detail: "[]" },
      { ...ENTRY, Source: "aws.ec2" },
      { ...ENTRY, DetailType: "" },
    );
    assert.equal(FailedEntryCount, 3);
    assert.deepEqual(
      Entries.map(({ ErrorCode }) => ErrorCode),
      [undefined, "MalformedDetail", "NotAuthorizedForSourceException", "InvalidArgument"],
    );
  });

  it("refuses a call with more than ten entries or 256 KB", async () => {
    allow();
    await assert.rejects(put(...Array.from({ length: 11 }, () => ENTRY)), { name: "ValidationException" });
    const Detail = JSON.stringify({ pool: "x".repeat(128 * 1024) });
    await assert.rejects(put({ ...ENTRY, Detail }, { ...ENTRY, Detail }), { name: "ValidationException" });
  });

  it("denies a call of which one entry has another source, type or bus than the policy allows", async () => {
    const allowed = { "events:source": ENTRY.Source, "events:detail-type": ENTRY.DetailType };
    allow({ Condition: { StringEquals: allowed } });
    assert.equal((await put(ENTRY)).FailedEntryCount, 0);
    for (const change of [{ Source: "other" }, { DetailType: "Other" }, { EventBusName: "other" }]) {
      await assert.rejects(put(ENTRY, { ...ENTRY, ...change }), { name: "AccessDeniedException" });
    }
  });
});
