import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import ts from "typescript";

const ROOT = resolve(__dirname, "../..");
const POOL = "components/actions-runner-pool";

/** Files from which the simulation renders its pool, without an engine and without a provider. */
const PURE = [
  "defaults",
  "function-settings",
  "host-config",
  "instance-refresh",
  "lifecycle-hooks",
  "settings",
  "stop-document-content",
  "triggers",
  "warm-pool",
].map((name) => `${POOL}/${name}.ts`);

/** The imports that a module loads at run time; with `types`, also type-only imports. */
function imports(file: string, types = false): string[] {
  const source = ts.createSourceFile(file, readFileSync(join(ROOT, file), "utf8"), ts.ScriptTarget.Latest, true);
  return source.statements.flatMap((statement) => {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return [];
    const { moduleSpecifier } = statement;
    if (!moduleSpecifier || !ts.isStringLiteral(moduleSpecifier) || (!types && onlyTypes(statement))) return [];
    return [moduleSpecifier.text];
  });
}

function onlyTypes(statement: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(statement)) return statement.isTypeOnly;
  const clause = statement.importClause;
  if (!clause) return false;
  if (clause.isTypeOnly) return true;
  const named = clause.namedBindings;
  return !clause.name && named !== undefined && ts.isNamedImports(named) && named.elements.every(({ isTypeOnly }) => isTypeOnly);
}

function target(from: string, specifier: string): string {
  if (!specifier.startsWith(".")) return specifier;
  const base = join(ROOT, dirname(from), specifier);
  const file = [base, `${base}.ts`, join(base, "index.ts")].find((path) => existsSync(path) && /\.[a-z]+$/.test(path));
  assert.ok(file, `${from} imports ${specifier}`);
  return relative(ROOT, file);
}

/** All modules that run when the files are loaded, each with the chain of imports that leads to it. */
function reachable(files: string[]): Map<string, string> {
  const found = new Map(files.map((file) => [file, file]));
  const queue = [...files];
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    for (const next of imports(file).map((specifier) => target(file, specifier))) {
      if (found.has(next)) continue;
      found.set(next, `${found.get(file)} -> ${next}`);
      if (next.endsWith(".ts")) queue.push(next);
    }
  }
  return found;
}

const pulumiIn = (chains: Map<string, string>) => [...chains].filter(([file]) => file.startsWith("@pulumi/")).map(([, chain]) => chain);

describe("the imports of the components", () => {
  for (const file of PURE) {
    it(`do not reach Pulumi or a provider from ${file}, or the simulation could not render the pool from it`, () => {
      assert.deepEqual(pulumiIn(reachable([file])), []);
    });
  }

  it("do not lead from the simulation to Pulumi, and the simulation loads each of these files", () => {
    const loaded = reachable(["main", "seed-process", "shard-worker"].map((name) => `rehearsal/simulation/${name}.ts`));
    assert.deepEqual(pulumiIn(loaded), []);
    for (const file of PURE) assert.ok(loaded.has(file), `${file} is not used by the simulation`);
  });

  it("are found when they do reach Pulumi", () => {
    assert.ok(pulumiIn(reachable([`${POOL}/validation/index.ts`])).some((chain) => chain.includes("input-errors.ts -> @pulumi/pulumi")));
    assert.notDeepEqual(pulumiIn(reachable([`${POOL}/group.ts`])), []);
  });

  it("do not lead from components/shared to a component or to a component's contract", () => {
    const shared = readdirSync(join(ROOT, "components/shared"), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => `components/shared/${name}`);
    const foreign = shared.flatMap((file) =>
      imports(file, true)
        .map((specifier) => target(file, specifier))
        .filter((path) => /^(components|contract)\//.test(path) && !/^(components\/shared|contract\/(aws|shared))\//.test(path))
        .map((path) => `${file} imports ${path}`),
    );
    assert.deepEqual(foreign, []);
    assert.ok(shared.length > 5 && shared.some((file) => file.includes("/host-args/")));
  });
});
