import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { ActionsRunnerPool, type ActionsRunnerPoolArgs } from "../../../components";
import { poolArgs } from "../actions-runner-pool/pool-args";
import { Deployment } from "../mocks";

/** Warnings of a deployment with two pools, of which the other one has the argument that replaces it. */
async function warnings(changes: Partial<ActionsRunnerPoolArgs>): Promise<{ message: string; pool: boolean }[]> {
  const found: { message: string; resource: unknown }[] = [];
  const log = pulumi.log as { warn: typeof pulumi.log.warn };
  const { warn } = log;
  log.warn = async (message, resource) => void found.push({ message, resource });
  try {
    const deployment = await Deployment.start();
    const pool = new ActionsRunnerPool("runners", poolArgs(changes));
    new ActionsRunnerPool("others", poolArgs({ docker: "root" }));
    await deployment.settled();
    return found.map(({ message, resource }) => ({ message, pool: resource === pool }));
  } finally {
    log.warn = warn;
  }
}

describe("a deprecated argument", () => {
  it("is named once in the deployment of each pool that gives it, or no one would replace it before it goes", async () => {
    const [root, none] = ["use docker: root, which is the same", "remove it, which is the same"];
    for (const [jobsMayUseDocker, remedy] of [
      [true, root],
      [false, none],
    ] as const)
      assert.deepEqual(await warnings({ jobsMayUseDocker }), [{ message: `jobsMayUseDocker is deprecated: ${remedy}`, pool: true }]);
  });

  it("is struck through in an editor", () => {
    const text = readFileSync(join(__dirname, "../../../components/shared/host-args/docker.ts"), "utf8");
    assert.match(text, /@deprecated [^*]*\n {3}\*\/\n {2}jobsMayUseDocker\?/);
  });
});
