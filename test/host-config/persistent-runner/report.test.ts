import assert from "node:assert/strict";
import type { PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { PERSISTENT_HOST_METRICS } from "../../../contract/persistent-runner/host";
import { METRIC_NAMESPACE } from "../../../contract/shared/metrics";
import { foreignJob } from "../../../host-config/persistent-runner/agent/foreign-job";
import { reportForeignJob, type ReportHost } from "../../../host-config/persistent-runner/agent/report";
import { FOREIGN } from "../../../host-config/persistent-runner/units/hooks";

describe("the report of a job of another run", () => {
  const rig = (failing: "lease" | "metric" | undefined) => {
    const reasons: string[] = [];
    const metrics: object[] = [];
    const failed = async (reason: string) => {
      if (failing === "lease") throw new Error("table throttled");
      reasons.push(reason);
    };
    const send = async ({ input }: PutMetricDataCommand) => {
      if (failing === "metric") throw new Error("not authorized");
      metrics.push(input);
    };
    return { reasons, metrics, host: { name: "e2e", lease: { failed }, cloudwatch: { send } } as unknown as ReportHost };
  };

  it("reaches the run that waits, and the alarm", async () => {
    const { reasons, metrics, host } = rig(undefined);
    await reportForeignJob("other/app#9#1", host);
    assert.deepEqual(reasons, ["a job of other/app#9#1 asked for the machine, and was refused"]);
    const { dimension, foreignJobs } = PERSISTENT_HOST_METRICS;
    const datum = { MetricName: foreignJobs, Value: 1, Unit: "Count", Dimensions: [{ Name: dimension, Value: "e2e" }] };
    assert.deepEqual(metrics, [{ Namespace: METRIC_NAMESPACE, MetricData: [datum] }]);
  });

  it("reaches one of them although the other does not answer, and fails for the journal", async () => {
    const [lease, metric] = [rig("lease"), rig("metric")];
    await assert.rejects(reportForeignJob("other/app#9#1", lease.host), /table throttled/);
    await assert.rejects(reportForeignJob("other/app#9#1", metric.host), /not authorized/);
    assert.deepEqual([lease.metrics.length, metric.reasons.length], [1, 1]);
  });

  it("is made of what the hook has noted for a job that it refused, and of nothing else", () => {
    assert.equal(foreignJob(`${FOREIGN}other/app#9#1`), "other/app#9#1");
    for (const noted of ["acme/app#1#1", "", undefined]) assert.equal(foreignJob(noted), undefined);
  });
});
