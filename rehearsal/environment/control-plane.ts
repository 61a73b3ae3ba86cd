import type { Cloud } from "../aws/api";
import type { AutoScalingApi } from "../provider/autoscaling-api";

/** What the provider plugin calls of EC2 Auto Scaling goes through the same door as everybody's calls. */
export function controlPlane(cloud: Cloud): AutoScalingApi {
  return { call: (operation, params) => cloud.call({ kind: "operator" }, `autoscaling:${operation}`, params) };
}
