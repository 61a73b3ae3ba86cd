import assert from "node:assert/strict";
import { CloudWatchClient, GetMetricDataCommand, GetMetricStatisticsCommand } from "@aws-sdk/client-cloudwatch";
import { ACCOUNT, startHarness, type AwsHarness } from "../harness";

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 1);
const Dimensions = [{ Name: "Pool", Value: "p" }];
const METRIC = { Namespace: "CiRunners", MetricName: "QueueTime", Dimensions };
const WINDOW = { StartTime: new Date(START), EndTime: new Date(START + 10 * MINUTE) };

describe("CloudWatch of the stand-in, asked for metrics by the AWS SDK", () => {
  let harness: AwsHarness;
  let client: CloudWatchClient;
  before(async () => {
    harness = await startHarness();
    const endpoint = `http://127.0.0.1:${harness.front.httpPort}`;
    const { accessKeyId, secretAccessKey } = harness.credentials.issue({ kind: "operator" });
    client = new CloudWatchClient({ region: ACCOUNT.region, endpoint, credentials: { accessKeyId, secretAccessKey }, maxAttempts: 1 });
    const put = (value: number, at: number, dimensions: Record<string, string> = { Pool: "p" }) =>
      harness.cloudwatch.metrics.put({ namespace: "CiRunners", name: "QueueTime", dimensions, value, count: 1, at });
    for (let value = 200; value >= 1; value--) put(value, START + MINUTE + value);
    put(7, START + 5 * MINUTE);
    put(9999, START + MINUTE, { Pool: "other" });
    put(9999, START + 10 * MINUTE);
  });
  after(() => harness.end());

  it("returns exact percentiles of a distribution beside its other statistics", async () => {
    const statistics = (more: object) => client.send(new GetMetricStatisticsCommand({ ...METRIC, ...WINDOW, Period: 300, ...more } as any));
    const { Datapoints = [] } = await statistics({ ExtendedStatistics: ["p50", "p95", "p99", "p99.9", "p100"] });
    assert.deepEqual(
      Datapoints.map(({ Timestamp, ExtendedStatistics }) => [Timestamp?.getTime(), ExtendedStatistics]),
      [
        [START, { p50: 100, p95: 190, p99: 198, "p99.9": 200, p100: 200 }],
        [START + 5 * MINUTE, { p50: 7, p95: 7, p99: 7, "p99.9": 7, p100: 7 }],
      ],
    );
    const [plain] = (await statistics({ Statistics: ["Sum", "SampleCount", "Maximum"] })).Datapoints ?? [];
    assert.deepEqual([plain?.Sum, plain?.SampleCount, plain?.Maximum], [20_100, 200, 200]);
  });

  it("returns several queries at once, the newest period first unless asked otherwise", async () => {
    const MetricDataQueries = ["p95", "SampleCount"].map((Stat, index) => ({
      Id: `q${index}`,
      MetricStat: { Metric: METRIC, Period: 60, Stat },
    }));
    const data = async (more: object = {}) =>
      ((await client.send(new GetMetricDataCommand({ ...WINDOW, MetricDataQueries, ...more }))).MetricDataResults ?? []).map(
        ({ Id, Values, Timestamps }) => [Id, Values, Timestamps?.map((at) => (at.getTime() - START) / MINUTE)],
      );
    assert.deepEqual(await data(), [
      ["q0", [7, 190], [5, 1]],
      ["q1", [1, 200], [5, 1]],
    ]);
    assert.deepEqual((await data({ ScanBy: "TimestampAscending" }))[0], ["q0", [190, 7], [1, 5]]);
  });

  it("refuses what it does not evaluate, instead of returning nothing", async () => {
    const ask = (query: object) => client.send(new GetMetricDataCommand({ ...WINDOW, MetricDataQueries: [{ Id: "q", ...query }] }));
    await assert.rejects(ask({ Expression: "SUM(METRICS())" }), { name: "ValidationException" });
    for (const change of [{ Stat: "p101" }, { Stat: "Median" }, { Period: 61 }]) {
      await assert.rejects(ask({ MetricStat: { Metric: METRIC, Period: 60, Stat: "Sum", ...change } }), {
        name: "InvalidParameterValueException",
      });
    }
  });
});
