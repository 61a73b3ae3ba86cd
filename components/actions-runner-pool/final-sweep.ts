import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { FinalSweepInput } from "../../contract/actions-runner-pool/final-sweep";
import type { PackagedFunction } from "../shared/packaged-function";
import type { PoolSettings } from "./settings";

export interface FinalSweepParts {
  settings: PoolSettings;
  sweep: PackagedFunction;
  /** What the sweep needs, and what handles the events of the last terminations meanwhile. */
  dependsOn: pulumi.Resource[];
}

/**
 * Invokes the sweep function once more when the pool is deleted. The last instances terminate shortly before their rules
 * and functions are deleted, so their runners could remain at GitHub and their tokens in Secrets Manager.
 *
 * The group depends on it, so a destroy deletes first the group, then this resource (which invokes the function and
 * waits for it, at most two minutes), then the functions. On create the function is a no-op; one that cannot start fails the
 * deployment now rather than at 3 a.m. The deploying principal needs `lambda:InvokeFunction` on it.
 */
export function createFinalSweep(name: string, parts: FinalSweepParts, opts: pulumi.CustomResourceOptions): aws.lambda.Invocation {
  const input: FinalSweepInput = { pool: parts.settings.poolName };
  return new aws.lambda.Invocation(
    `${name}-final-sweep`,
    { functionName: parts.sweep.function.name, input: JSON.stringify(input), lifecycleScope: "CRUD" },
    { ...opts, dependsOn: parts.dependsOn },
  );
}
