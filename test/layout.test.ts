import assert from "node:assert/strict";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { circles, importGraph, ROOT, sources } from "./support/imports";

/** The layers that each layer may import, besides itself; a layer that is not listed may import any of these. */
const LAYERS: Record<string, readonly string[]> = {
  contract: [],
  functions: ["contract"],
  actions: ["contract", "functions"],
  "host-config": ["contract"],
  components: ["contract", "host-config"],
  build: ["contract", "host-config", "components"],
  plugin: ["build", "components"],
  "stack-config": ["contract", "components"],
  cli: [],
  promotion: ["contract", "cli"],
  "runner-version": ["contract", "components", "cli"],
  "webhook-secret": ["contract", "cli"],
  rehearsal: ["contract", "functions", "actions", "host-config", "components", "build", "cli"],
  bench: ["contract", "rehearsal", "cli"],
};

/** Names of the components; no other folder has these names. */
const COMPONENTS = readdirSync(join(ROOT, "components")).filter(
  (name) => name !== "shared" && statSync(join(ROOT, "components", name)).isDirectory(),
);

/** Code that every component may use, and that therefore must not depend on one. */
const SHARED = [
  "contract/aws",
  "contract/shared",
  "functions/shared",
  "actions/shared",
  "host-config/shared",
  "components/shared",
  "build",
  "cli",
  "rehearsal/aws",
  "rehearsal/github",
  "rehearsal/runner",
  "rehearsal/provider",
  "rehearsal/engine",
  "rehearsal/hosts/systemd",
  "rehearsal/environment",
  "rehearsal/report",
];

/** Shared files that cover the public API of all components. */
const WHOLE_LIBRARY = ["build/schema.ts"];

/**
 * What a component uses of another: its contract, and the files from which it makes one of its own. Only in this direction. A pool that
 * makes its own source of demand checks the source's arguments before it creates anything, by the names that its user wrote.
 */
const USES: Record<string, Record<string, readonly string[]>> = {
  "actions-runner-pool": {
    "workflow-jobs": [
      "components/workflow-jobs/workflow-jobs.ts",
      "components/workflow-jobs/args/webhook.ts",
      "components/workflow-jobs/defaults.ts",
      "components/workflow-jobs/validation/names.ts",
      "components/workflow-jobs/validation/webhook.ts",
    ],
  },
};

/** Test folders that mirror no source folder: their tests are about the project as a whole. */
const PROJECT_TESTS = ["contracts", "docs", "examples", "package", "proofs", "support", "workflows"];

const below = (file: string, folder: string) => file === folder || file.startsWith(`${folder}/`);
const layerOf = (file: string) => file.split("/")[0]!;

describe("the layout of the sources", () => {
  const files = sources();
  const graph = importGraph(files);
  const edges = [...graph].flatMap(([from, targets]) => targets.map((to) => ({ from, to })));
  const listed = (found: readonly { from: string; to: string }[]) => found.map(({ from, to }) => `${from} imports ${to}`);

  it("is actually read: a search that found no imports would find no violations either", () => {
    assert.ok(files.length > 400, `${files.length} sources`);
    assert.ok(edges.length > 1500, `${edges.length} imports`);
    assert.ok(graph.get("index.ts")!.includes("components/index.ts"));
    assert.deepEqual(
      circles(
        new Map([
          ["a", ["b"]],
          ["b", ["c"]],
          ["c", ["b"]],
        ]),
      ),
      [["b", "c"]],
    );
  });

  it("has no layer that imports one above it", () => {
    const upwards = edges.filter(({ from, to }) => {
      const [layer, other] = [layerOf(from), layerOf(to)];
      return layer in LAYERS && layer !== other && !LAYERS[layer]!.includes(other);
    });
    assert.deepEqual(listed(upwards), []);
  });

  it("has no file outside test/ that imports a test", () => {
    assert.deepEqual(listed(edges.filter(({ from, to }) => layerOf(to) === "test" && layerOf(from) !== "test")), []);
  });

  it("has no circular imports", () => {
    assert.deepEqual(circles(graph), []);
  });

  it("has no shared code that imports a component", () => {
    const known = edges.filter(
      ({ from, to }) =>
        SHARED.some((folder) => below(from, folder)) &&
        !WHOLE_LIBRARY.includes(from) &&
        to.split("/").some((part) => COMPONENTS.includes(part)),
    );
    assert.deepEqual(listed(known), []);
  });

  const ownerOf = (file: string) => file.split("/").find((part) => COMPONENTS.includes(part));
  const crossing = edges.filter(
    ({ from, to }) => ownerOf(from) !== undefined && ownerOf(to) !== undefined && ownerOf(from) !== ownerOf(to),
  );

  it("has no component that imports another component's folder, but for what it makes one of its own from", () => {
    const allowed = ({ from, to }: { from: string; to: string }) => {
      const files = USES[ownerOf(from)!]?.[ownerOf(to)!];
      return files !== undefined && (layerOf(to) === "contract" || files.includes(to));
    };
    assert.deepEqual(listed(crossing.filter((edge) => !allowed(edge))), []);
  });

  it("has a use for each exception of that rule", () => {
    const unused = Object.values(USES).flatMap((others) => Object.values(others).flat());
    assert.deepEqual(
      unused.filter((file) => !crossing.some(({ to }) => to === file)),
      [],
    );
  });

  it("contains the shared folders that these rules list", () => {
    assert.deepEqual(
      SHARED.filter((folder) => !existsSync(join(ROOT, folder))),
      [],
    );
    assert.ok(COMPONENTS.length > 0);
  });

  it("has each test in a folder that mirrors the folder under test", () => {
    const folders = new Set(files.filter((file) => below(file, "test")).map((file) => file.split("/").slice(1, -1).join("/")));
    const unmatched = [...folders].filter((folder) => {
      const [first = ""] = folder.split("/");
      return first !== "" && !PROJECT_TESTS.includes(first) && !folder.split("/").includes("support") && !existsSync(join(ROOT, folder));
    });
    assert.deepEqual(unmatched, []);
  });
});
