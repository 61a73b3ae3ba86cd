import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { DestroyCheckInput } from "../../contract/actions-runner-pool/final-sweep";
import type { PackagedFunction } from "../shared/packaged-function";
import type { PoolSettings } from "./settings";

export interface DestroyCheckParts {
  settings: PoolSettings;
  sweep: PackagedFunction;
  /** The group, and a resource that depends on it. */
  dependsOn: pulumi.Resource[];
}

/**
 * Invokes the sweep function before the group is deleted, so that a destroy that could not end says so at once instead of
 * waiting in silence: see the function's destroy-check.ts. The engine first deletes what has the longest chain of
 * dependencies, so the check must have a longer one than any other resource of the pool: then it is deleted alone, and a
 * refused destroy has deleted nothing. On create it is a no-op.
 */
export function createDestroyCheck(name: string, parts: DestroyCheckParts, opts: pulumi.CustomResourceOptions): void {
  const input: DestroyCheckInput = { pool: parts.settings.poolName, check: "destroy" };
  new aws.lambda.Invocation(
    `${name}-destroy-check`,
    { functionName: parts.sweep.function.name, input: JSON.stringify(input), lifecycleScope: "CRUD" },
    { ...opts, dependsOn: parts.dependsOn },
  );
}
