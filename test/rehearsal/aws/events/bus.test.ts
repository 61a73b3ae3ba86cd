import assert from "node:assert/strict";
import type { EventBridgeEvent } from "../../../../rehearsal/aws/autoscaling";
import { VirtualClock } from "../../../../rehearsal/virtual-clock";
import { document, ACCOUNT, startHarness, type AwsHarness } from "../harness";
import { deployFunction, LOGS } from "../lambda/deployed-functions";

const RULE_ARN = `arn:aws:events:${ACCOUNT.region}:${ACCOUNT.accountId}:rule/terminating`;
const QUEUE_ARN = `arn:aws:sqs:${ACCOUNT.region}:${ACCOUNT.accountId}:dead`;
const START = Date.UTC(2026, 0, 1);

function event(id: string): EventBridgeEvent {
  return {
    version: "0",
    id,
    "detail-type": "T",
    source: "aws.autoscaling",
    account: ACCOUNT.accountId,
    time: "2026-01-01T00:00:00.000Z",
    region: ACCOUNT.region,
    resources: [],
    detail: { id },
  };
}

describe("the event bus and asynchronous invocation, on virtual time", () => {
  let harness: AwsHarness;
  let clock: VirtualClock;
  const code = `export const handler = async (event) => { console.log("got " + (event.detail?.id ?? event["detail-type"])); if (process.env.FAIL) throw new Error("no luck"); }`;

  beforeEach(async () => {
    clock = new VirtualClock(START);
    harness = await startHarness({ clock });
  });
  afterEach(async () => {
    await harness.end();
    clock.close();
  });

  function deploy(
    options: {
      fail?: boolean;
      permission?: Record<string, unknown> | null;
      rule?: Record<string, unknown>;
      target?: Record<string, unknown>;
      statements?: object[];
    } = {},
  ): string {
    const environment = { variables: options.fail ? { FAIL: "1" } : {} };
    const arn = deployFunction(harness, "worker", code, {
      state: { environment },
      ...(options.statements ? { statements: options.statements } : {}),
    });
    if (options.permission !== null) {
      const state = {
        function: "worker",
        action: "lambda:InvokeFunction",
        principal: "events.amazonaws.com",
        sourceArn: RULE_ARN,
        ...options.permission,
      };
      harness.store.put({ type: "aws:lambda/permission:Permission", id: "p", state });
    }
    const rule = {
      name: "terminating",
      arn: RULE_ARN,
      eventPattern: JSON.stringify({ source: ["aws.autoscaling"] }),
      state: "ENABLED",
      ...options.rule,
    };
    harness.store.put({
      type: "aws:cloudwatch/eventTarget:EventTarget",
      id: "t",
      state: { rule: "terminating", arn, targetId: "t", ...options.target },
    });
    harness.store.put({ type: "aws:cloudwatch/eventRule:EventRule", id: "terminating", state: rule });
    return arn;
  }

  function deployQueue(policy?: string): void {
    const id = "https://sqs/dead";
    harness.store.put({ type: "aws:sqs/queue:Queue", id, state: { name: "dead", arn: QUEUE_ARN } });
    if (policy) harness.store.put({ type: "aws:sqs/queuePolicy:QueuePolicy", id, state: { queueUrl: id, policy } });
  }

  const seen = () =>
    harness.lambda.logs.filter(({ line }) => line.startsWith("got ")).map(({ line, at }) => ({ line: line.slice(4), at: at - START }));
  const waitSeconds = (seconds: number) => clock.sleep(seconds * 1000);

  it("must deliver a matching event to a permitted function within a second", async () => {
    deploy();
    harness.bus.put(event("a"));
    harness.bus.put({ ...event("b"), source: "other" });
    await waitSeconds(10);
    assert.deepEqual(
      seen().map(({ line }) => line),
      ["a"],
    );
    assert.ok(seen()[0]!.at < 1000);
    assert.deepEqual(harness.denied(), []);
  });

  it("must be able to lose and duplicate events, since AWS's delivery is best effort [A2.10]", async () => {
    deploy();
    harness.bus.settings.decide = ({ id }) => (id === "lost" ? "lose" : id === "twice" ? "duplicate" : "deliver");
    for (const id of ["lost", "twice", "once"]) harness.bus.put(event(id));
    await waitSeconds(10);
    assert.deepEqual(
      seen()
        .map(({ line }) => line)
        .sort(),
      ["once", "twice", "twice"],
    );
  });

  for (const [name, permission] of [
    ["none", null],
    ["of another rule", { sourceArn: `${RULE_ARN}-2` }],
    ["for another service", { principal: "sns.amazonaws.com" }],
    ["for another action", { action: "lambda:GetFunction" }],
  ] as const) {
    it(`must not invoke without a matching permission (${name}), and must record the denial that AWS does not report`, async () => {
      deploy({ permission });
      harness.bus.put(event("a"));
      await waitSeconds(10);
      assert.deepEqual(seen(), []);
      assert.deepEqual(
        harness.denied().map(({ principal, action }) => `${principal} ${action}`),
        ["events.amazonaws.com lambda:InvokeFunction"],
      );
    });
  }

  it("must send an undeliverable event to the target's dead-letter queue, if the queue's policy admits EventBridge [A10.3]", async () => {
    deployQueue(
      document([
        {
          Effect: "Allow",
          Principal: { Service: "events.amazonaws.com" },
          Action: "sqs:SendMessage",
          Resource: QUEUE_ARN,
          Condition: { ArnEquals: { "aws:SourceArn": RULE_ARN } },
        },
      ]),
    );
    deploy({ permission: null, target: { deadLetterConfig: { arn: QUEUE_ARN } } });
    harness.bus.put(event("a"));
    await waitSeconds(10);
    const [message] = harness.queues.peek(QUEUE_ARN);
    assert.equal(JSON.parse(message!.body).id, "a");
    assert.equal(message!.attributes["ERROR_CODE"], "NO_PERMISSIONS");
  });

  it("must record a denial if the dead-letter queue has no policy and therefore receives nothing [A10.4]", async () => {
    deployQueue();
    deploy({ permission: null, target: { deadLetterConfig: { arn: QUEUE_ARN } } });
    harness.bus.put(event("a"));
    await waitSeconds(10);
    assert.equal(harness.queues.peek(QUEUE_ARN).length, 0);
    assert.ok(harness.denied().some(({ action }) => action === "sqs:SendMessage"));
  });

  it("must retry a failing function after one and two minutes, then send the event to the failure destination [A10.1]", async () => {
    deployQueue();
    deploy({ fail: true, statements: [LOGS, { Effect: "Allow", Action: "sqs:SendMessage", Resource: QUEUE_ARN }] });
    const config = { functionName: "worker", maximumRetryAttempts: 2, destinationConfig: { onFailure: { destination: QUEUE_ARN } } };
    harness.store.put({ type: "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig", id: "worker", state: config });
    harness.bus.put(event("a"));
    await waitSeconds(600);
    const times = seen().map(({ at }) => at);
    assert.equal(times.length, 3);
    assert.equal(times[1]! - times[0]!, 60_000);
    assert.equal(times[2]! - times[1]!, 120_000);
    const record = JSON.parse(harness.queues.peek(QUEUE_ARN)[0]!.body);
    assert.deepEqual([record.requestContext.condition, record.requestContext.approximateInvokeCount], ["RetriesExhausted", 3]);
    assert.equal(record.requestPayload.id, "a");
    assert.equal(record.responsePayload.errorMessage, "no luck");
    assert.equal(harness.async.outstanding, 0);
    assert.deepEqual(harness.defects, []);
  });

  it("must honour a lower retry limit, and record a denial if the role may not send to the failure queue [A10.2]", async () => {
    deployQueue();
    deploy({ fail: true });
    const config = { functionName: "worker", maximumRetryAttempts: 0, destinationConfig: { onFailure: { destination: QUEUE_ARN } } };
    harness.store.put({ type: "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig", id: "worker", state: config });
    harness.bus.put(event("a"));
    await waitSeconds(600);
    assert.equal(seen().length, 1);
    assert.equal(harness.queues.peek(QUEUE_ARN).length, 0);
    assert.ok(harness.denied().some(({ principal, action }) => principal === "worker" && action === "sqs:SendMessage"));
  });

  it("must invoke a scheduled function at its rate, apply a changed rate, and stop with the rule", async () => {
    deploy({ rule: { eventPattern: undefined, scheduleExpression: "rate(5 minutes)" } });
    await waitSeconds(610);
    assert.deepEqual(seen(), [
      { line: "Scheduled Event", at: 300_000 },
      { line: "Scheduled Event", at: 600_000 },
    ]);
    deploy({ rule: { eventPattern: undefined, scheduleExpression: "rate(1 minute)" } });
    await waitSeconds(65);
    assert.equal(seen().length, 3);
    harness.store.remove("aws:cloudwatch/eventRule:EventRule", "terminating");
    await waitSeconds(600);
    assert.equal(seen().length, 3);
  });

  it("must report a pattern that it cannot evaluate instead of silently dropping events", async () => {
    deploy({ rule: { eventPattern: JSON.stringify({ detail: { id: [{ cidr: "10.0.0.0/8" }] } }) } });
    harness.bus.put(event("a"));
    await waitSeconds(10);
    assert.match(harness.defects[0]?.message ?? "", /operator cidr/);
  });

  it("must count failures in the metric that the component's alarms evaluate", async () => {
    harness.store.put({
      type: "aws:cloudwatch/metricAlarm:MetricAlarm",
      id: "errors",
      state: {
        name: "errors",
        namespace: "AWS/Lambda",
        metricName: "Errors",
        dimensions: { FunctionName: "worker" },
        statistic: "Sum",
        period: 60,
        evaluationPeriods: 1,
        threshold: 0,
        comparisonOperator: "GreaterThanThreshold",
        treatMissingData: "notBreaching",
      },
    });
    deploy();
    harness.bus.put(event("a"));
    await waitSeconds(10);
    assert.deepEqual(harness.alarms(), [{ name: "errors", inAlarm: false }]);
    deploy({ fail: true });
    harness.bus.put(event("b"));
    await waitSeconds(10);
    const [alarm] = harness.alarms();
    assert.ok(alarm?.inAlarm && alarm.firstRaisedAt === START + 60_000);
    await waitSeconds(600);
    assert.equal(harness.alarms()[0]?.inAlarm, false);
  });

  it("must count the invocations of a rule, so that a dead-man's alarm sees a disabled one", async () => {
    harness.store.put({
      type: "aws:cloudwatch/metricAlarm:MetricAlarm",
      id: "dead-man",
      state: {
        name: "dead-man",
        namespace: "AWS/Events",
        metricName: "Invocations",
        dimensions: { RuleName: "terminating" },
        statistic: "Sum",
        period: 60,
        evaluationPeriods: 2,
        threshold: 1,
        comparisonOperator: "LessThanThreshold",
        treatMissingData: "breaching",
      },
    });
    const scheduled = { eventPattern: undefined, scheduleExpression: "rate(1 minute)" };
    deploy({ rule: scheduled });
    await waitSeconds(300);
    assert.equal(harness.alarms()[0]?.inAlarm, false);
    deploy({ rule: { ...scheduled, state: "DISABLED" } });
    await waitSeconds(300);
    assert.equal(harness.alarms()[0]?.inAlarm, true);
  });
});
