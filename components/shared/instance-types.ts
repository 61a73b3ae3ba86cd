import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { inputError, violation } from "./input-errors";
import { reason } from "./lookup-reason";
import type { Ec2Architecture } from "./supported-systems";

/** EC2's name for each architecture, with GitHub's and Canonical's. */
export const ARCHITECTURES = {
  x86_64: { runner: "x64", canonical: "amd64" },
  arm64: { runner: "arm64", canonical: "arm64" },
} as const satisfies Record<Ec2Architecture, unknown>;

export interface DescribedTypes {
  /** The one of all types. */
  architecture: Ec2Architecture;
  /** In the order of their names. */
  types: aws.ec2.GetInstanceTypeResult[];
}

/**
 * Looks up instance types in AWS.
 *
 * @param names the first is that of the argument `instanceType`
 * @param othersField path of the argument with the others
 * @throws an input error for an unknown type, and for types of several architectures: they share one image and one runner.
 */
export async function describedTypes(
  names: readonly string[],
  othersField: string,
  options: pulumi.InvokeOptions,
): Promise<DescribedTypes> {
  const described = await Promise.all(names.map((name) => describeType(name, options)));
  const architectures = described.map(({ architecture }) => architecture);
  const architecture = architectures[0]!;
  const mismatch = architectures.findIndex((other) => other !== architecture);
  if (mismatch > 0) {
    const problem = `it is ${architectures[mismatch]} and ${names[0]} is ${architecture}`;
    throw inputError([violation(othersField, names[mismatch], problem, "Use instance types of one architecture")]);
  }
  return { architecture, types: described.map(({ type }) => type) };
}

async function describeType(instanceType: string, options: pulumi.InvokeOptions) {
  const type = await aws.ec2.getInstanceType({ instanceType }, options).catch((error: Error) => {
    throw inputError([
      violation(
        "instanceType",
        instanceType,
        `not an instance type that EC2 offers in this Region (${reason(error)})`,
        "Choose a type that the Region offers",
      ),
    ]);
  });
  const architecture = (Object.keys(ARCHITECTURES) as Ec2Architecture[]).find((known) => type.supportedArchitectures.includes(known));
  if (!architecture) {
    throw inputError([
      violation(
        "instanceType",
        instanceType,
        `the runner does not support ${type.supportedArchitectures.join()}`,
        "Choose an x86_64 or arm64 type",
      ),
    ]);
  }
  return { type, architecture };
}
