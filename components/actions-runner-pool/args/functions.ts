import type * as pulumi from "@pulumi/pulumi";

/**
 * The network of the functions. Outside of a VPC, the default, they reach public addresses only: not an Enterprise Server
 * in a private network, and with no address that an organization's IP allow list could name.
 */
export interface FunctionsArgs {
  /**
   * Subnets in which the functions run. They need a route to GitHub, and by a NAT gateway, or by interface endpoints and a
   * gateway endpoint for S3, to Secrets Manager, EC2, EC2 Auto Scaling, Systems Manager and S3, with `hostLogs` also to
   * CloudWatch Logs; a public subnet gives them none. Limits: at least one, all of one VPC. Default: the functions run in no VPC.
   */
  subnetIds?: pulumi.Input<pulumi.Input<string>[]>;

  /**
   * Security groups of the functions, in the VPC of their subnets. Limits: at least one; requires `subnetIds`. Default: those
   * of the instances, which must then be in the same VPC.
   */
  securityGroupIds?: pulumi.Input<pulumi.Input<string>[]>;
}
