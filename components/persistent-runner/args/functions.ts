import type * as pulumi from "@pulumi/pulumi";

/**
 * The network of the functions. Outside of a VPC, the default, they reach public addresses only: not an Enterprise Server in a private
 * network, and with no address that an organization's IP allow list could name.
 */
export interface PersistentRunnerFunctionsArgs {
  /**
   * Subnets in which the functions run. They need a route to GitHub, EC2, DynamoDB, Secrets Manager and S3; a public subnet gives them
   * none. Limits: at least one, all of one VPC. Default: the functions run in no VPC.
   */
  subnetIds?: pulumi.Input<pulumi.Input<string>[]>;

  /** Security groups of the functions, in the VPC of their subnets. Limits: at least one; required with `subnetIds`. Default: none. */
  securityGroupIds?: pulumi.Input<pulumi.Input<string>[]>;
}
