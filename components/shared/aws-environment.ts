import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

/** Where resources live; part of every ARN. The partition is `aws-us-gov` or `aws-cn` for some. */
export interface AwsEnvironment {
  partition: string;
  region: string;
  accountId: string;
}

/** That of the provider which the options select. */
export function awsEnvironment(opts: pulumi.InvokeOptions): pulumi.Output<AwsEnvironment> {
  return pulumi
    .all([aws.getRegion({}, opts), aws.getPartition({}, opts), aws.getCallerIdentity({}, opts)])
    .apply(([{ region }, { partition }, { accountId }]) => ({ region, partition, accountId }));
}
