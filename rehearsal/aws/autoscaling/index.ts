export { AutoScaling, AutoScalingOptions } from "./auto-scaling";
export * from "./config";
export { type AccountParts, DeployedResolver } from "./deployed";
export { EventBridgeEvent } from "./events";
