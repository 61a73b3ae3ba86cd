import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { buildSync } from "esbuild";

/** In what the compiler emits: the name of a package, without a path inside it. */
const REQUIRED = /require\("((?:@[^/"]+\/)?[^./"][^/"]*)[^"]*"\)/g;

/**
 * Copies into each compiled file the packages that it requires, except those that the program provides. A dependency would be
 * one more package that every user installs and trusts, and npm could choose another version of it than the one in `dist/`:
 * a component would then accept what its functions refuse.
 *
 * @param provided the package's peer dependencies.
 */
export function containPackages(root: string, lib: string, provided: readonly string[]): void {
  for (const file of readdirSync(lib, { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".js")) continue;
    const path = join(lib, file);
    const required = [...readFileSync(path, "utf8").matchAll(REQUIRED)].map(([, name]) => name!);
    const contained = [...new Set(required)].filter((name) => !name.startsWith("node:") && !provided.includes(name));
    if (contained.length > 0) contain(root, path, contained, provided);
  }
}

function contain(root: string, path: string, names: readonly string[], provided: readonly string[]): void {
  buildSync({
    absWorkingDir: dirname(path),
    entryPoints: [path],
    outfile: path,
    allowOverwrite: true,
    bundle: true,
    // The project's own files stay apart: two copies of a module would be two different classes.
    external: ["./*", "../*", ...provided],
    nodePaths: [join(root, "node_modules")],
    platform: "node",
    target: "node20",
    format: "cjs",
    // Without comments, which name folders.
    minify: true,
    legalComments: "none",
    charset: "utf8",
    banner: { js: names.map((name) => notice(join(root, "node_modules", name))).join("\n") },
    logLevel: "silent",
  });
}

/** Licenses ask for their text in each copy. */
function notice(folder: string): string {
  const { name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return `/*!\n${name} ${version}\n\n${readFileSync(join(folder, "LICENSE"), "utf8").trim()}\n*/`;
}
