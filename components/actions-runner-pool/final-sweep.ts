import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { FinalSweepInput } from "../../contract/actions-runner-pool/final-sweep";
import type { PackagedFunction } from "../shared/packaged-function";
import type { PoolSettings } from "./settings";

export interface FinalSweepParts {
  settings: PoolSettings;
  sweep: PackagedFunction;
  /** What the sweep needs, and what hears of the end of the last instances meanwhile. */
  dependsOn: pulumi.Resource[];
}

/**
 * Has the sweep function invoked once more when the pool is deleted. The last instances end while their rules and
 * functions are about to be deleted, so their runners would stay at GitHub and their tokens in Secrets Manager.
 *
 * The group depends on it, so a destroy goes: group, this resource's deletion (which invokes the function and waits
 * for it, two minutes at most), functions. On create the function is a no-op; one that cannot start fails the
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
