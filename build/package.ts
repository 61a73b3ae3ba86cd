/**
 * `npm run build:package`: compiles what other projects import into `lib/`, as CommonJS with types, and adds a thin ES
 * module that re-exports it. Both share one implementation: two copies of a component in one program would be two
 * different components. `npm pack` runs this automatically.
 */
import { chmodSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as ts from "typescript";
import { build } from "./build";
import { containPackages } from "./contained-packages";
import { ROOT } from "../components/shared/package-layout";

const LIB = "lib";
const ENTRY = "components/index";
/** Entry points of the package; everything that they import is compiled too. */
const SOURCES = [`${ENTRY}.ts`, "plugin/main.ts"];

/** @throws an error with the compiler's messages. */
export function compile(root: string = ROOT): void {
  const out = join(root, LIB);
  rmSync(out, { recursive: true, force: true });
  const config = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root);
  const program = ts.createProgram({
    rootNames: SOURCES.map((file) => join(root, file)),
    options: {
      ...options,
      noEmit: false,
      declaration: true,
      outDir: out,
      rootDir: root,
      stripInternal: true,
      newLine: ts.NewLineKind.LineFeed,
    },
  });
  const { diagnostics } = program.emit();
  const problems = [...ts.getPreEmitDiagnostics(program), ...diagnostics];
  if (problems.length > 0) throw new Error(ts.formatDiagnostics(problems, { ...FORMAT, getCurrentDirectory: () => root }));
  containPackages(root, out, Object.keys(JSON.parse(readFileSync(join(root, "package.json"), "utf8")).peerDependencies));
  writeModule(out);
}

/** npm packs files with their current permissions, and in a checkout these depend on the umask. */
function normalizePermissions(root: string): void {
  for (const shipped of [...JSON.parse(readFileSync(join(root, "package.json"), "utf8")).files, "package.json", "README.md", "LICENSE"]) {
    const path = join(root, shipped);
    const below = statSync(path).isDirectory() ? readdirSync(path, { recursive: true, withFileTypes: true }) : [];
    const files = below.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    for (const file of files.length > 0 ? files : [path]) chmodSync(file, 0o644);
  }
  chmodSync(join(root, LIB, "plugin", "main.js"), 0o755);
}

const FORMAT = { getCanonicalFileName: (name: string) => name, getNewLine: () => "\n" };

/** Lists the exports explicitly, because Node only guesses the names that a CommonJS module exports. */
function writeModule(out: string): void {
  const names = Object.keys(require(join(out, `${ENTRY}.js`))).sort();
  writeFileSync(join(out, "index.mjs"), `import library from "./${ENTRY}.js";\n\nexport const { ${names.join(", ")} } = library;\n`);
  writeFileSync(join(out, "index.d.mts"), `export * from "./${ENTRY}.js";\n`);
}

if (require.main === module) {
  build()
    .then(() => compile())
    .then(() => normalizePermissions(ROOT))
    .then(
      () => console.log(`${LIB}/ built for version ${JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).version}`),
      (error: unknown) => {
        console.error(error instanceof Error ? error.message : error);
        process.exitCode = 1;
      },
    );
}
