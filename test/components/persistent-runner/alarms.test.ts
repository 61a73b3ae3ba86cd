import assert from "node:assert/strict";
import type { PutMetricDataCommandInput } from "@aws-sdk/client-cloudwatch";
import { PersistentRunner, type PersistentRunnerArgs } from "../../../components";
import { PERSISTENT_HOST_METRICS } from "../../../contract/persistent-runner/host";
import { type HostMetric, countEvent } from "../../../host-config/persistent-runner/agent/metrics";
import { Deployment } from "../mocks";
import { machineArgs } from "./machine-args";

async function alarms(changes: Partial<PersistentRunnerArgs> = {}): Promise<Record<string, any>[]> {
  const deployment = await Deployment.start();
  new PersistentRunner("machine", machineArgs({ persistentRunnerName: "e2e", ...changes }));
  await deployment.settled();
  return deployment.of("aws:cloudwatch/metricAlarm:MetricAlarm").map(({ inputs }) => inputs);
}

/** What the machine's own code sends to CloudWatch. */
async function counted(metric: HostMetric): Promise<PutMetricDataCommandInput> {
  const sent: PutMetricDataCommandInput[] = [];
  const send = async ({ input }: { input: PutMetricDataCommandInput }) => void sent.push(input);
  await countEvent({ send } as never, { name: "e2e" }, metric);
  assert.equal(sent.length, 1);
  return sent[0]!;
}

describe("the alarms of what a persistent machine counts itself", () => {
  const METRICS = Object.keys(PERSISTENT_HOST_METRICS).filter((key) => key !== "dimension") as HostMetric[];

  for (const metric of METRICS) {
    it(`watch ${metric} under the namespace, name and dimension with which the machine counts it`, async () => {
      const { Namespace, MetricData: [datum] = [] } = await counted(metric);
      assert.equal(datum?.Value, 1);
      const dimensions = Object.fromEntries((datum?.Dimensions ?? []).map(({ Name, Value }) => [Name, Value]));
      const watching = (await alarms({ hostLogs: {} })).filter(
        (alarm) => alarm["namespace"] === Namespace && alarm["metricName"] === datum?.MetricName,
      );
      assert.deepEqual(
        watching.map((alarm) => alarm["dimensions"]),
        [dimensions],
      );
    });
  }

  it("wait for no logs of a machine that delivers none, and for a refused job of every machine", async () => {
    const names = (await alarms()).map(({ name }) => name);
    assert.ok(names.includes("e2e-foreign-job"));
    assert.ok(!names.includes("e2e-host-logs"));
    assert.ok((await alarms({ hostLogs: {} })).some(({ name }) => name === "e2e-host-logs"));
  });
});
