import { AUTO_SCALING_CALLS } from "./auto-scaling";
import type { CallsOf } from "./api-call";
import { EC2_CALLS, VPC_CALLS } from "./ec2";
import { IAM_CALLS } from "./iam";
import { INSTANCE_CALLS } from "./instances";
import { LAMBDA_CALLS } from "./lambda";
import { SERVICE_CALLS } from "./services";
import { STORAGE_CALLS } from "./storage";

/** The writing calls of each resource type, by Pulumi type token: one for every type that the rehearsal supports. */
export const API_CALLS: Readonly<Record<string, CallsOf>> = {
  ...AUTO_SCALING_CALLS,
  ...EC2_CALLS,
  ...IAM_CALLS,
  ...INSTANCE_CALLS,
  ...LAMBDA_CALLS,
  ...SERVICE_CALLS,
  ...STORAGE_CALLS,
  ...VPC_CALLS,
};
