export { AutoScaling, AutoScalingOptions } from "./auto-scaling";
export * from "./config";
export { DeployedResolver } from "./deployed";
export { EventBridgeEvent } from "./events";
