export * from "./catalogue";
export { createEc2, type Ec2Services } from "./create";
export { Ec2 } from "./ec2";
export { Fleet } from "./fleet";
export { Instance } from "./instance";
