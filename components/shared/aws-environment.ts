import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/** Where resources are created; part of every ARN. The partition may be `aws-us-gov` or `aws-cn`. */
export interface AwsEnvironment {
  partition: string;
  region: string;
  accountId: string;
}

/** The environment of the provider that the options select. */
export function awsEnvironment(opts: pulumi.InvokeOptions): pulumi.Output<AwsEnvironment> {
  return pulumi
    .all([aws.getRegion({}, opts), aws.getPartition({}, opts), aws.getCallerIdentity({}, opts)])
    .apply(([{ region }, { partition }, { accountId }]) => ({ region, partition, accountId }));
}
