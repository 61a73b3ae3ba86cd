import assert from "node:assert/strict";
import { evaluateAlarms } from "../../../../rehearsal/aws/cloudwatch/alarms";
import { metricsInLine } from "../../../../rehearsal/aws/cloudwatch/emf";
import { MetricStore } from "../../../../rehearsal/aws/cloudwatch/metrics";
import { MemoryStore } from "../../../../rehearsal/aws/store";

const MINUTE = 60_000;

describe("alarms over the rehearsal's metrics", () => {
  const ALARM = {
    name: "a",
    namespace: "N",
    metricName: "M",
    dimensions: { Pool: "p" },
    statistic: "Sum",
    period: 60,
    evaluationPeriods: 3,
    datapointsToAlarm: 2,
    threshold: 0,
    comparisonOperator: "GreaterThanThreshold",
    treatMissingData: "notBreaching",
  };

  function evaluate(minutes: number[], now: number, change: object = {}) {
    const store = new MemoryStore();
    store.put({ type: "aws:cloudwatch/metricAlarm:MetricAlarm", id: "a", state: { ...ALARM, ...change } });
    const metrics = new MetricStore();
    for (const minute of minutes)
      metrics.put({ namespace: "N", name: "M", dimensions: { Pool: "p" }, value: 1, count: 1, at: minute * MINUTE + 1 });
    return evaluateAlarms(store, metrics, now * MINUTE)[0]!;
  }

  it("must not raise an alarm for one breaching period if it needs two of three", () => {
    assert.deepEqual(evaluate([1], 10), { name: "a", inAlarm: false });
  });

  it("must report when an alarm was first raised, even if it has since recovered", () => {
    assert.deepEqual(evaluate([1, 3], 20), { name: "a", inAlarm: false, firstRaisedAt: 4 * MINUTE });
    assert.equal(evaluate([1, 4], 20).firstRaisedAt, undefined, "four periods apart is too far");
  });

  it("must be in alarm now while the breaching periods are recent", () => {
    assert.equal(evaluate([8, 9], 10).inAlarm, true);
  });

  it("must treat missing data as breaching only if the alarm says so", () => {
    assert.equal(evaluate([], 10, { treatMissingData: "breaching" }).inAlarm, true);
    assert.equal(evaluate([], 10, { treatMissingData: "missing" }).inAlarm, false);
  });

  it("must not include metrics with other dimensions", () => {
    assert.equal(evaluate([8, 9], 10, { dimensions: {} }).inAlarm, false);
  });

  it("must evaluate a percentile over all values of a period, not over their averages", () => {
    const percentile = { statistic: undefined, extendedStatistic: "p95", threshold: 1, datapointsToAlarm: 1, evaluationPeriods: 1 };
    const at = (slow: number) => {
      const store = new MemoryStore();
      store.put({ type: "aws:cloudwatch/metricAlarm:MetricAlarm", id: "a", state: { ...ALARM, ...percentile } });
      const metrics = new MetricStore();
      const put = (value: number, count: number) =>
        metrics.put({ namespace: "N", name: "M", dimensions: { Pool: "p" }, value, count, at: 1 });
      put(600, slow);
      put(1, 100 - slow);
      return evaluateAlarms(store, metrics, MINUTE)[0]!.inAlarm;
    };
    assert.deepEqual([at(5), at(6)], [false, true]);
  });

  it("must reject alarms that it cannot evaluate", () => {
    assert.throws(() => evaluate([], 1, { metricQueries: [] }), /metric math/);
    assert.throws(() => evaluate([], 1, { comparisonOperator: "GreaterThanUpperThreshold" }), /GreaterThanUpperThreshold/);
  });

  it("must read embedded metrics and ignore all other log lines", () => {
    const aws = {
      Timestamp: 5,
      CloudWatchMetrics: [{ Namespace: "N", Dimensions: [["Pool"], []], Metrics: [{ Name: "M", Unit: "Count" }, { Name: "Absent" }] }],
    };
    assert.deepEqual(metricsInLine(JSON.stringify({ _aws: aws, Pool: "p", M: 2 }), 9), [
      { namespace: "N", name: "M", dimensions: { Pool: "p" }, value: 2, count: 1, at: 5, unit: "Count" },
      { namespace: "N", name: "M", dimensions: {}, value: 2, count: 1, at: 5, unit: "Count" },
    ]);
    const distribution = { CloudWatchMetrics: [{ Namespace: "N", Metrics: [{ Name: "M" }] }] };
    const values = Array.from({ length: 100 }, (_, index) => index);
    assert.deepEqual(
      metricsInLine(JSON.stringify({ _aws: distribution, M: values }), 9).map(({ value }) => value),
      values,
    );
    assert.deepEqual(metricsInLine(JSON.stringify({ _aws: distribution, M: [...values, 100] }), 9), [], "more than CloudWatch takes");
    for (const line of ["", "plain", '{"CloudWatchMetrics"', '{"message":"says \\"CloudWatchMetrics\\""}', "null"])
      assert.deepEqual(metricsInLine(line, 9), []);
  });
});
