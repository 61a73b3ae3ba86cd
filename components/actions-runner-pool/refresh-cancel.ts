import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { RefreshCancelInput } from "../../contract/actions-runner-pool/instance-refresh";
import type { PackagedFunction } from "../shared/packaged-function";
import { launchSource } from "./group";
import type { PoolSettings } from "./settings";

export interface RefreshCancelParts {
  settings: PoolSettings;
  sweep: PackagedFunction;
  launchTemplate: aws.ec2.LaunchTemplate;
  /** All that precedes the group, so that the update of the group follows at once. */
  dependsOn: pulumi.Resource[];
}

/**
 * Invokes the sweep function before an update of the group that starts an instance refresh, to cancel one that is still
 * running: see the function's cancel-refresh.ts. The provider would cancel it too, but wait for the drains that it began,
 * give up after 15 minutes and fail the deployment, and no later one would start the refresh.
 *
 * The group depends on it, and its input changes exactly when the group's template or mixed instances policy does.
 */
export function createRefreshCancel(name: string, parts: RefreshCancelParts, opts: pulumi.CustomResourceOptions): aws.lambda.Invocation {
  const { settings, launchTemplate } = parts;
  const input = pulumi.output(launchSource(settings, launchTemplate)).apply((template) => {
    const content: RefreshCancelInput = { pool: settings.poolName, task: "cancel-refresh", template };
    return JSON.stringify(content);
  });
  return new aws.lambda.Invocation(
    `${name}-refresh-cancel`,
    { functionName: parts.sweep.function.name, input, lifecycleScope: "CRUD" },
    { ...opts, dependsOn: parts.dependsOn },
  );
}
