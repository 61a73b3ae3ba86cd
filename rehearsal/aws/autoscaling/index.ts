export { AutoScaling, AutoScalingOptions } from "./auto-scaling";
export * from "./config";
export { DeployedResolver, Resolver, TemplateReference } from "./deployed";
export { EventBridgeEvent } from "./events";
export { RefreshStatus } from "./model";
export { GroupView, InstanceView } from "./view";
