import type { ResourceType } from "../resource-type";
import { AUTO_SCALING_TYPES } from "./auto-scaling";
import { CLOUDWATCH_TYPES } from "./cloudwatch";
import { DASHBOARD_TYPES } from "./dashboard";
import { DYNAMODB_TYPES } from "./dynamodb";
import { EBS_TYPES } from "./ebs";
import { EC2_TYPES } from "./ec2";
import { FUNCTION_URL_TYPES } from "./function-url";
import { IAM_TYPES } from "./iam";
import { INSTANCE_TYPES } from "./instance";
import { KMS_TYPES } from "./kms";
import { LAMBDA_TYPES } from "./lambda";
import { LAUNCH_TEMPLATE_TYPES } from "./launch-template";
import { MESSAGING_TYPES } from "./messaging";
import { S3_TYPES } from "./s3";
import { SYSTEMS_MANAGER_TYPES } from "./systems-manager";
import { VPC_TYPES } from "./vpc";

/** Every resource type that the rehearsal supports, by Pulumi type token. */
export const RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  ...AUTO_SCALING_TYPES,
  ...CLOUDWATCH_TYPES,
  ...DASHBOARD_TYPES,
  ...DYNAMODB_TYPES,
  ...EBS_TYPES,
  ...EC2_TYPES,
  ...FUNCTION_URL_TYPES,
  ...IAM_TYPES,
  ...INSTANCE_TYPES,
  ...KMS_TYPES,
  ...LAMBDA_TYPES,
  ...LAUNCH_TEMPLATE_TYPES,
  ...MESSAGING_TYPES,
  ...S3_TYPES,
  ...SYSTEMS_MANAGER_TYPES,
  ...VPC_TYPES,
};
