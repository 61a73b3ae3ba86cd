/** CloudWatch namespace of every metric that functions and hosts emit. */
export const METRIC_NAMESPACE = "CiRunners";
