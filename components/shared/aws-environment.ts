import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Place } from "./policy";

/** Region, partition and account of the provider that the options select. */
export function place(options: pulumi.InvokeOptions): pulumi.Output<Place> {
  return pulumi
    .all([aws.getRegion({}, options), aws.getPartition({}, options), aws.getCallerIdentity({}, options)])
    .apply(([{ region }, { partition }, { accountId }]) => ({ region, partition, accountId }));
}
