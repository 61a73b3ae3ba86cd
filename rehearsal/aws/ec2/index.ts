export * from "./catalogue";
export { Ec2 } from "./ec2";
export { Fleet } from "./fleet";
export { Instance } from "./instance";
