import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createHash } from "node:crypto";

const ROOT = resolve(__dirname, "../../..");

/**
 * The deployed part of the previous release, archived because a shallow clone has no history. Replace it with each new
 * release:
 *
 *     git archive TAG components contract functions host-config build index.ts stack-config schema.json Pulumi.yaml \
 *       Pulumi.dev.yaml Pulumi.sandbox.yaml Pulumi.prod.yaml package.json package-lock.json tsconfig.json | xz -9
 */
export const PREVIOUS = {
  release: "v0.2.0",
  commit: "e67915b",
  sha256: "6ef667e312cd3a78d8a641eec165ccdec23955eeb1124160c7907ba72dcb8716",
};

/** Unpacks the previous release and builds it with its own build script. `close` removes it. */
export function checkOutPrevious(): { folder: string; close(): void } {
  const archive = join(__dirname, `${PREVIOUS.release}.tar.xz`);
  const digest = createHash("sha256").update(readFileSync(archive)).digest("hex");
  if (digest !== PREVIOUS.sha256)
    throw new Error(`${archive} does not match PREVIOUS: its SHA-256 is ${digest}; update PREVIOUS or restore the archive`);
  const folder = mkdtempSync(join(tmpdir(), "ci-runners-previous-"));
  execFileSync("tar", ["-xJf", archive, "-C", folder]);
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  execFileSync(process.execPath, ["-r", "ts-node/register", "build/build.ts"], { cwd: folder, stdio: "pipe" });
  return { folder, close: () => rmSync(folder, { recursive: true, force: true }) };
}
