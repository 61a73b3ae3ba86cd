import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { PREVIOUS } from "./previous";

const ROOT = resolve(__dirname, "../../..");

/**
 * Names that changed between the releases, and why that is safe when both run side by side. A name that two programs
 * share may be added, but never changed silently.
 */
const ACCEPTED: Record<string, string> = {
  "PATHS.listenerLog": "used by the programs of one host only, which are all of one release",
  GLOBAL_TIMEOUT_CAP_SECONDS: "unused: all programs call globalTimeoutSeconds, which is compared",
};

/** Arguments for the functions of the contract, so that their results can be compared. */
const CALLS: Record<string, unknown[]> = {
  poolNames: ["pool"],
  registrationSecretName: ["ci-runners/pool/", "i-0123456789abcdef0"],
  secretOwner: ["AROA1", "i-0123456789abcdef0"],
  globalTimeoutSeconds: [1800],
};

/** Everything that the modules below a folder export. Their names must be unique. */
function exportsOf(folder: string): Record<string, unknown> {
  const all: Record<string, unknown> = {};
  for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"))) {
    for (const [name, value] of Object.entries(require(join(folder, file)))) {
      assert.ok(!(name in all), `${file} exports ${name}, which another module also exports`);
      all[name] = value;
    }
  }
  return all;
}

describe(`the contract between the functions and hosts of ${PREVIOUS.release} and this release`, () => {
  const folder = mkdtempSync(join(tmpdir(), "ci-runners-contract-"));
  before(() => {
    execFileSync("tar", ["-xJf", join(__dirname, `${PREVIOUS.release}.tar.xz`), "-C", folder, "contract", "components"]);
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("still has every name, path and number that the other side relies on", () => {
    const changed: string[] = [];
    let compared = 0;
    const compare = (path: string, old: unknown, now: unknown): void => {
      if (typeof old === "function") {
        const call = CALLS[path.split(".").at(-1)!];
        if (call && typeof now === "function") return compare(`${path}()`, old(...call), now(...call));
        if (typeof now !== "function") changed.push(`${path}: removed`);
      } else if (typeof old === "object" && old !== null) {
        for (const [key, value] of Object.entries(old))
          compare(`${path}.${key}`, value, (now as Record<string, unknown> | undefined)?.[key]);
      } else {
        compared++;
        if (old !== now) changed.push(`${path}: ${JSON.stringify(old)} became ${JSON.stringify(now)}`);
      }
    };
    // Compared by name: a file may move between releases, but its values must not change.
    const now = exportsOf(join(ROOT, "contract"));
    for (const [name, value] of Object.entries(exportsOf(join(folder, "contract")))) compare(name, value, now[name]);
    assert.ok(compared > 60, `${compared} compared`);
    assert.deepEqual(
      changed.filter((change) => !(change.split(":")[0]! in ACCEPTED)),
      [],
    );
  });
});
