/** The metrics that a machine counts itself. */
import { type CloudWatchClient, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { type PersistentHostConfig, PERSISTENT_HOST_METRICS } from "../../../contract/persistent-runner/host";
import { METRIC_NAMESPACE } from "../../../contract/shared/metrics";

export type HostMetric = keyof Omit<typeof PERSISTENT_HOST_METRICS, "dimension">;

/** Counts one event. */
export async function countEvent(
  cloudwatch: Pick<CloudWatchClient, "send">,
  { name }: Pick<PersistentHostConfig, "name">,
  metric: HostMetric,
  abortSignal?: AbortSignal,
): Promise<void> {
  const dimensions = [{ Name: PERSISTENT_HOST_METRICS.dimension, Value: name }];
  const datum = { MetricName: PERSISTENT_HOST_METRICS[metric], Value: 1, Unit: "Count" as const, Dimensions: dimensions };
  await cloudwatch.send(new PutMetricDataCommand({ Namespace: METRIC_NAMESPACE, MetricData: [datum] }), { abortSignal });
}
