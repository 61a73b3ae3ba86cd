import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { RegisterPoolInput } from "../../contract/actions-runner-pool/demand";
import type { PackagedFunction } from "../shared/packaged-function";
import { type PoolDemand, poolRegistration } from "./demand-settings";
import type { DemandSource } from "./demand-source";
import type { InstanceFacts } from "./instance-facts";
import type { PoolSettings } from "./settings";

export interface PoolRegistrationParts {
  settings: PoolSettings;
  demand: PoolDemand;
  source: Pick<DemandSource, "tableArn">;
  facts: pulumi.Output<InstanceFacts>;
  scale: PackagedFunction;
  /** The group, and the source if it is the pool's own. */
  dependsOn: pulumi.Resource[];
}

/**
 * Invokes the scale function to make the pool known to its source, which from then on gives it the jobs that its labels match. It
 * depends on the group, so that no job is given to a pool that cannot launch, and its deletion, which comes first, ends that. With
 * another source it is registered there; its registration at the one before remains, since the function may then no longer write there.
 */
export function createPoolRegistration(name: string, parts: PoolRegistrationParts, opts: pulumi.CustomResourceOptions): pulumi.Resource {
  const { settings, demand, source, facts, scale, dependsOn } = parts;
  const input = pulumi.all([facts, source.tableArn]).apply(([{ architecture }, tableArn]) => {
    const registration = poolRegistration(settings, demand, architecture);
    const content: RegisterPoolInput = { pool: settings.poolName, task: "register-pool", tableArn, registration };
    return JSON.stringify(content);
  });
  return new aws.lambda.Invocation(
    `${name}-register-pool`,
    { functionName: scale.function.name, input, lifecycleScope: "CRUD" },
    { ...opts, dependsOn: [...scale.ready, ...dependsOn] },
  );
}
