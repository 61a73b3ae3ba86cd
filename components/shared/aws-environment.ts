import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { PARTITIONS, partitionOf } from "../../contract/aws/partitions";
import { type Violation, throwIfAny, violation } from "./input-errors";

/** Where resources are created; part of every ARN. */
export interface AwsEnvironment {
  partition: string;
  region: string;
  accountId: string;
}

/**
 * The environment of the provider that the options select.
 *
 * @throws (when it resolves) for a partition that is not supported.
 */
export function awsEnvironment(opts: pulumi.InvokeOptions): pulumi.Output<AwsEnvironment> {
  return pulumi
    .all([aws.getRegion({}, opts), aws.getPartition({}, opts), aws.getCallerIdentity({}, opts)])
    .apply(([{ region }, { partition, dnsSuffix }, { accountId }]) => {
      throwIfAny(partitionViolations(region, partition, dnsSuffix));
      return { region, partition, accountId };
    });
}

/** The user data and the policies are rendered by our own table, so what the provider says must agree with it. */
function partitionViolations(region: string, partition: string, dnsSuffix: string): Violation[] {
  const known = PARTITIONS.map(({ id }) => id);
  if (!known.includes(partition)) {
    const problem = `its partition ${partition} is not supported: GitHub cannot be reached from an isolated partition`;
    return [violation("aws:region", region, problem, `Use a Region of ${known.join(", ")}`)];
  }
  const expected = partitionOf(region);
  if (expected.id === partition && expected.dnsSuffix === dnsSuffix) return [];
  const problem = `the provider says that it is in ${partition} with the domain ${dnsSuffix}, and this release knows it as one of ${expected.id} with ${expected.dnsSuffix}`;
  return [violation("aws:region", region, problem, "Use another Region, or a newer release of ci-runners")];
}
