export { AutoScaling, AutoScalingOptions } from "./auto-scaling";
export * from "./config";
export { DeleteOptions } from "./deletion";
export { resourceContention, throttled } from "./errors";
export { CloudEvent } from "./events";
export { LifecycleState, RefreshStatus } from "./model";
export { GroupView, InstanceView } from "./view";
