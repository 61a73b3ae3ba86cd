import { METRIC_NAMESPACE } from "../../contract/shared/metrics";
import { type Statement, allow } from "./policy";

/** What a host needs to count events as metrics. PutMetricData knows no resources, so the namespace is a condition. */
export function countHostEvents(): Statement {
  return allow("CountHostEvents", ["cloudwatch:PutMetricData"], ["*"], { StringEquals: { "cloudwatch:namespace": METRIC_NAMESPACE } });
}
