import assert from "node:assert/strict";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { circles, importGraph, ROOT, sources } from "./support/imports";

/** What each floor may import, itself aside; a floor that is not named here may import any of these. */
const FLOORS: Record<string, readonly string[]> = {
  contract: [],
  functions: ["contract"],
  "host-config": ["contract"],
  components: ["contract", "host-config"],
  build: ["contract", "host-config", "components"],
  plugin: ["build", "components"],
  "stack-config": ["contract", "components"],
  cli: [],
  promotion: ["contract", "cli"],
  rehearsal: ["contract", "functions", "host-config", "components", "build", "cli"],
  bench: ["contract", "rehearsal", "cli"],
};

/** Folders whose name is a component's, and nothing else's. */
const COMPONENTS = readdirSync(join(ROOT, "components")).filter(
  (name) => name !== "shared" && statSync(join(ROOT, "components", name)).isDirectory(),
);

/** What every component may use, and so what may know of none. */
const SHARED = [
  "contract/aws",
  "contract/shared",
  "functions/shared",
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

/** Floors that have no folder for each component: they show the library's public face as a whole. */
const OF_THE_WHOLE = ["build/schema.ts"];

/** Folders of tests that mirror none of the tree's: what they hold is about the project as a whole. */
const OWN_TESTS = ["contracts", "docs", "examples", "package", "proofs", "support", "workflows"];

const below = (file: string, folder: string) => file === folder || file.startsWith(`${folder}/`);
const floorOf = (file: string) => file.split("/")[0]!;

describe("the layout of the sources", () => {
  const files = sources();
  const graph = importGraph(files);
  const edges = [...graph].flatMap(([from, targets]) => targets.map((to) => ({ from, to })));
  const listed = (found: readonly { from: string; to: string }[]) => found.map(({ from, to }) => `${from} imports ${to}`);

  it("is read: a search that found no imports would find no fault either", () => {
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

  it("has no floor that imports one above it", () => {
    const upwards = edges.filter(({ from, to }) => {
      const [floor, other] = [floorOf(from), floorOf(to)];
      return floor in FLOORS && floor !== other && !FLOORS[floor]!.includes(other);
    });
    assert.deepEqual(listed(upwards), []);
  });

  it("has nothing outside test/ that imports a test", () => {
    assert.deepEqual(listed(edges.filter(({ from, to }) => floorOf(to) === "test" && floorOf(from) !== "test")), []);
  });

  it("has no modules that import each other in a circle", () => {
    assert.deepEqual(circles(graph), []);
  });

  it("has nothing shared that knows a component", () => {
    const known = edges.filter(
      ({ from, to }) =>
        SHARED.some((folder) => below(from, folder)) &&
        !OF_THE_WHOLE.includes(from) &&
        to.split("/").some((part) => COMPONENTS.includes(part)),
    );
    assert.deepEqual(listed(known), []);
  });

  it("has no component that imports another one's folder", () => {
    const ownerOf = (file: string) => file.split("/").find((part) => COMPONENTS.includes(part));
    const crossing = edges.filter(
      ({ from, to }) => ownerOf(from) !== undefined && ownerOf(to) !== undefined && ownerOf(from) !== ownerOf(to),
    );
    assert.deepEqual(listed(crossing), []);
  });

  it("has the shared folders that these rules name", () => {
    assert.deepEqual(
      SHARED.filter((folder) => !existsSync(join(ROOT, folder))),
      [],
    );
    assert.ok(COMPONENTS.length > 0);
  });

  it("has each test in a folder that mirrors what it tests", () => {
    const folders = new Set(files.filter((file) => below(file, "test")).map((file) => file.split("/").slice(1, -1).join("/")));
    const strangers = [...folders].filter((folder) => {
      const [first = ""] = folder.split("/");
      return first !== "" && !OWN_TESTS.includes(first) && !folder.split("/").includes("support") && !existsSync(join(ROOT, folder));
    });
    assert.deepEqual(strangers, []);
  });
});
