import assert from "node:assert/strict";
import { DEFAULTS, DEFAULTS_IF_GIVEN } from "../../../components/actions-runner-pool/defaults";
import { resolveSettings } from "../../../components/actions-runner-pool/settings";
import schema from "../../../schema.json";
import { defaultsByPath } from "../defaults-by-path";
import { PROGRAM, poolArgs } from "./pool-args";

const defaults = defaultsByPath({ ...DEFAULTS, ...DEFAULTS_IF_GIVEN });

/** The documentation of each argument, by the argument's path. */
function documented(): Map<string, string> {
  const { inputProperties } = schema.resources["ci-runners:index:ActionsRunnerPool"];
  const types: Record<string, { type: string; properties?: Record<string, { description: string }> }> = schema.types;
  return new Map(
    Object.entries<{ description: string; $ref?: string }>(inputProperties).flatMap(([name, { description, $ref }]) => [
      [name, description] as const,
      ...Object.entries(types[$ref?.replace("#/types/", "") ?? ""]?.properties ?? {}).map(
        ([field, property]) => [`${name}.${field}`, property.description] as const,
      ),
    ]),
  );
}

/** The documented default, if it is a number, a boolean or a string in backticks. */
function literal(description: string): string | undefined {
  const [, value] = /Default: (-?\d+|true|false|`[^`<>]+`)(?=[.,]|$)/.exec(description.replace(/\s+/g, " ")) ?? [];
  return value?.replaceAll("`", "");
}

describe("the defaults of a pool", () => {
  it("match the documentation of the arguments", () => {
    for (const [path, description] of documented()) {
      const stated = literal(description);
      const fallback = defaults.get(path);
      if (stated === undefined || typeof fallback === "function") continue;
      assert.ok(defaults.has(path), `${path} is documented to default to ${stated} but has no default`);
      assert.equal(stated, String(fallback), path);
    }
  });

  it("are all documented, if they are plain values", () => {
    const described = documented();
    for (const [path, fallback] of defaults) {
      // The release is this package's version, which changes, and all default lists are empty.
      if (typeof fallback === "function" || Array.isArray(fallback) || path === "release") continue;
      assert.equal(literal(described.get(path) ?? ""), String(fallback), path);
    }
  });

  it("are all filled in, and are computed from the given arguments", () => {
    const { drain, spot, warmPool, ...settings } = resolveSettings("runners", poolArgs({ drain: { heartbeatTimeout: 300 } }), PROGRAM);
    assert.deepEqual(drain, { maxDrain: 30_000, heartbeatTimeout: 300, heartbeatInterval: 100, retainOnAbandon: true });
    assert.equal(settings.poolName, "ci-runners-test-runners");
    assert.equal(settings.desiredCapacity, 1);
    assert.deepEqual([spot, warmPool], [undefined, undefined]);
    const warm = resolveSettings("runners", poolArgs({ warmPool: {}, minSize: 2 }), PROGRAM);
    assert.deepEqual(warm.warmPool, {
      state: "Stopped",
      minSize: 0,
      maxPreparedCapacity: 4,
      allowUnlistedImage: false,
      reuseOnScaleIn: false,
    });
    assert.equal(warm.desiredCapacity, 2);
  });

  it("include the URL of GitHub's API without a trailing slash", () => {
    const args = poolArgs();
    const settings = resolveSettings("runners", { ...args, github: { ...args.github, apiUrl: "https://ghe.acme.io/api/v3//" } }, PROGRAM);
    assert.equal(settings.github.apiUrl, "https://ghe.acme.io/api/v3");
    assert.equal(settings.github.organization, "example-org");
  });
});
