export * from "./catalogue";
export { Ec2, Ec2Options } from "./ec2";
export { Fleet, FleetOptions, SPOT_NOTICE_MS } from "./fleet";
export { Instance, InstanceProfile, InstanceRequest, MetadataOptions, PowerState } from "./instance";
