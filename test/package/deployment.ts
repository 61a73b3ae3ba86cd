import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { OutputMap } from "@pulumi/pulumi/automation";
import { MemoryStore } from "../../rehearsal/aws/store";
import { openStack, type StackOptions, type StackResource } from "../../rehearsal/engine/engine";
import { locate } from "../../rehearsal/engine/locate";
import { ProviderBackend, type ProviderOptions } from "../../rehearsal/provider/backend";
import { serveProvider } from "../../rehearsal/provider/server";
import { FakeAutoScaling } from "../rehearsal/provider/fake-auto-scaling";
import { temporary } from "./installed-package";
import { OwnInstances } from "./own-instances";

/** The state of a deployment, for checks before it is destroyed. */
export interface Deployed {
  outputs: OutputMap;
  resources: StackResource[];
  /** Resources of a type, of which there must be `count`. */
  of(type: string, count?: number): StackResource[];
  autoscaling: FakeAutoScaling;
}

/**
 * Deploys a user's project with the real engine and the rehearsal's provider, lets the caller check it, deploys once more
 * and asserts that nothing changes, then destroys it and asserts that nothing is left.
 *
 * @param options.facts what exists in the account, such as images and parameters.
 * @param options.retained types of resources that a destroy leaves, and of which one is then left.
 */
export async function deployAndDestroy(
  projectDir: string,
  options: Partial<StackOptions> & { facts?: ProviderOptions["facts"]; retained?: readonly string[] },
  check: (deployed: Deployed) => void | Promise<void>,
): Promise<void> {
  const { facts, retained = [], ...stackOptions } = options;
  const dir = temporary("ci-runners-deployed-");
  const instances = retained.length > 0 ? await OwnInstances.open() : undefined;
  const store = instances?.store ?? new MemoryStore();
  const autoscaling = new FakeAutoScaling();
  const ready = { ageSeconds: 0, inService: 1, wanted: 1, underway: {}, failedLaunches: 0 };
  const secretArn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:ci-runners-webhook/jobs-AbCdEf";
  const invoke: ProviderOptions["invoke"] = async (_name, payload) => {
    const { check, task } = payload as { check?: string; task?: string };
    if (check === "readiness") return { result: ready };
    return { result: task === "own-webhook" ? { secretArn, left: [] } : null };
  };
  const backend = new ProviderBackend({ store, autoscaling, filesDir: join(dir, "files"), facts, invoke, ...instances?.options });
  const server = await serveProvider(backend, join(dir, "provider.sock"));
  try {
    const { command } = await locate({ progress: (message) => console.error(message) });
    const stack = await openStack({
      stack: "dev",
      projectDir,
      workDir: join(dir, "work"),
      socketPath: server.socketPath,
      pulumi: command,
      ...stackOptions,
    });
    await stack.up();
    const resources = await stack.resources();
    const of = (type: string, count?: number) => {
      const found = resources.filter((resource) => resource.type === type);
      if (count !== undefined) assert.equal(found.length, count, type);
      return found;
    };
    await check({ outputs: await stack.outputs(), resources, of, autoscaling });
    const again = await stack.up();
    assert.equal(again.changed, 0, JSON.stringify(again.steps));
    await stack.destroy();
    assert.deepEqual(
      store.all().map(({ type }) => type),
      retained,
    );
    assert.equal(autoscaling.groups.size, 0);
  } finally {
    await server.close();
    await instances?.close();
    rmSync(dir, { recursive: true, force: true });
  }
}
