import type { RepositoryFixture } from "./repository-fixture";

/** Makes the work tree a package with these scripts, which `npm ci` installs without a network. */
export function writeNpmPackage(repo: RepositoryFixture, scripts: Record<string, string>): void {
  const { version } = JSON.parse(repo.read("package.json"));
  const root = { name: "fixture", version };
  repo.write("package.json", `${JSON.stringify({ ...root, scripts }, null, 2)}\n`);
  repo.write("package-lock.json", `${JSON.stringify({ ...root, lockfileVersion: 3, requires: true, packages: { "": root } }, null, 2)}\n`);
}
