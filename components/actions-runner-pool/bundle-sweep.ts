import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { BundleSweepInput } from "../../contract/actions-runner-pool/bundle-sweep";
import { bundleKey, setupKey } from "../../contract/shared/host-bundle";
import type { HostBundle } from "../shared/host-bundle";
import type { PackagedFunction } from "../shared/packaged-function";
import type { PoolSettings } from "./settings";

export interface BundleSweepParts {
  settings: PoolSettings;
  sweep: PackagedFunction;
  bundle: HostBundle;
  group: aws.autoscaling.Group;
}

/**
 * Invokes the sweep function after an update of the group that brought another host bundle or setup script, to delete those
 * that no launch template needs any more: see the function's bundle-sweep.ts. It depends on the group, so a deployment that fails
 * before the group has the new template deletes none.
 */
export function createBundleSweep(name: string, parts: BundleSweepParts, opts: pulumi.CustomResourceOptions): pulumi.Resource {
  const { settings, sweep, bundle, group } = parts;
  const input = bundle.bucket.bucket.apply((bucket) => {
    const deployed = bundleKey(bundle.sha256);
    const setup = settings.script === undefined ? {} : { setup: setupKey(settings.script.sha256) };
    const content: BundleSweepInput = { pool: settings.poolName, task: "sweep-bundles", bucket, deployed, ...setup };
    return JSON.stringify(content);
  });
  return new aws.lambda.Invocation(
    `${name}-bundle-sweep`,
    { functionName: sweep.function.name, input, lifecycleScope: "CRUD" },
    { ...opts, dependsOn: [group] },
  );
}
