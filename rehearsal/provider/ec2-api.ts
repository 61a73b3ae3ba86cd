import type { AwsApi, Shape } from "../aws/api";

/**
 * The part of EC2 that the provider calls for instances of their own and their volumes. Parameters and results have the shapes of the
 * AWS SDK; errors are `AwsError`s with AWS's codes.
 */
export interface Ec2Api {
  call(operation: Ec2Operation, params: Shape): Promise<Shape>;
}

type Ec2Operation =
  | "RunInstances"
  | "DescribeImages"
  | "DescribeInstances"
  | "DescribeInstanceAttribute"
  | "StartInstances"
  | "StopInstances"
  | "TerminateInstances"
  | "ModifyInstanceAttribute"
  | "ModifyInstanceMetadataOptions"
  | "CreateTags"
  | "DeleteTags"
  | "CreateVolume"
  | "DescribeVolumes"
  | "AttachVolume"
  | "DetachVolume"
  | "ModifyVolume"
  | "DescribeVolumesModifications"
  | "DeleteVolume";

/** The provider's calls go through the same entry point as all others, with the operator's identity. */
export function ec2Over(aws: AwsApi): Ec2Api {
  return { call: (operation, params) => aws.call({ kind: "operator" }, `ec2:${operation}`, params) };
}

export const NO_EC2: Ec2Api = {
  call: async (operation) => {
    throw new Error(`ec2:${operation} cannot be called: set the option ec2 of the provider's backend`);
  },
};
