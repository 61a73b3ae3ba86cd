import assert from "node:assert/strict";
import { DEFAULTS, DEFAULTS_IF_GIVEN } from "../../../components/actions-runner-pool/defaults";
import { resolveSettings } from "../../../components/actions-runner-pool/settings";
import schema from "../../../schema.json";
import { defaultsByPath } from "../defaults-by-path";
import { PROGRAM, poolArgs } from "./pool-args";

const defaults = defaultsByPath({ ...DEFAULTS, ...DEFAULTS_IF_GIVEN });

/** What the documentation of each argument says, by the argument's path. */
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

/** A number, a truth value or a text in backticks; the name of an argument is none. */
function literal(description: string): string | undefined {
  const [, value] = /Default: (-?\d+|true|false|`[^`<>]+`)(?=[.,]|$)/.exec(description.replace(/\s+/g, " ")) ?? [];
  return value?.replaceAll("`", "");
}

describe("the defaults of a pool", () => {
  it("are those that the documentation of the arguments states", () => {
    for (const [path, description] of documented()) {
      const stated = literal(description);
      const fallback = defaults.get(path);
      if (stated === undefined || typeof fallback === "function") continue;
      assert.ok(defaults.has(path), `${path} says that it is ${stated} and has no default`);
      assert.equal(stated, String(fallback), path);
    }
  });

  it("are stated, each that is a value", () => {
    const described = documented();
    for (const [path, fallback] of defaults) {
      // This package's version, which no text could keep up with, and lists that are empty.
      if (typeof fallback === "function" || Array.isArray(fallback) || path === "release") continue;
      assert.equal(literal(described.get(path) ?? ""), String(fallback), path);
    }
  });

  it("leave nothing open that has one, and follow what is given", () => {
    const { drain, spot, warmPool, ...settings } = resolveSettings("runners", poolArgs({ drain: { heartbeatTimeout: 300 } }), PROGRAM);
    assert.deepEqual(drain, { maxDrain: 30_000, heartbeatTimeout: 300, heartbeatInterval: 100, retainOnAbandon: true });
    assert.equal(settings.poolName, "ci-runners-test-runners");
    assert.equal(settings.desiredCapacity, 1);
    assert.deepEqual([spot, warmPool], [undefined, undefined]);
    const warm = resolveSettings("runners", poolArgs({ warmPool: {}, minSize: 2 }), PROGRAM);
    assert.deepEqual(warm.warmPool, { state: "Stopped", minSize: 0, maxPreparedCapacity: 4 });
    assert.equal(warm.desiredCapacity, 2);
  });

  it("carry the address of GitHub's API once, without a slash at its end", () => {
    const args = poolArgs();
    const settings = resolveSettings("runners", { ...args, github: { ...args.github, apiUrl: "https://ghe.acme.io/api/v3//" } }, PROGRAM);
    assert.equal(settings.github.apiUrl, "https://ghe.acme.io/api/v3");
    assert.equal(settings.github.organization, "example-org");
  });
});
