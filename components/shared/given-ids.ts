import * as pulumi from "@pulumi/pulumi";
import { type Violation, throwIfAny, violation } from "./input-errors";

const REMEDIES: Record<string, string> = {
  subnetIds: "Set at least one subnet",
  securityGroupIds: "Set at least one, or omit it to have a security group created",
};

export function emptyList(field: string): Violation {
  return violation(field, [], "the list is empty", REMEDIES[field] ?? "Set at least one, or omit it");
}

/** A list of ids that may be an output, checked once it resolves. */
export function nonEmpty(field: string, ids: pulumi.Input<pulumi.Input<string>[]>): pulumi.Output<string[]> {
  return pulumi.output(ids).apply((known) => {
    throwIfAny(known.length === 0 ? [emptyList(field)] : []);
    return known;
  });
}
