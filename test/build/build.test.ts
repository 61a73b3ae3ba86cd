import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { artefacts } from "../../build/artefacts";
import { build } from "../../build/build";
import { bundleFunction } from "../../build/functions";
import { sha256 } from "../../build/files";
import { FUNCTION_NAMES, HOST_BUNDLE, MANIFEST, type Manifest, ROOT, functionFile } from "../../build/layout";

const MEBIBYTE = 1024 * 1024;

describe("build", function () {
  this.timeout(60_000);
  let out: string;
  let manifest: Manifest;

  before(async () => {
    out = mkdtempSync(join(tmpdir(), "ci-runners-build-"));
    manifest = await build(out);
  });
  after(() => rmSync(out, { recursive: true }));

  /** Puts one recorded source beside the products, as in a checkout. */
  function source(file: string, content: string | Buffer): void {
    mkdirSync(dirname(join(out, file)), { recursive: true });
    writeFileSync(join(out, file), content);
  }

  it("gives the same bytes twice, and does not touch a product that is the same", async () => {
    const files = [...FUNCTION_NAMES.map(functionFile), HOST_BUNDLE, MANIFEST];
    const before = files.map((file) => [
      sha256(readFileSync(join(out, file))),
      statSync(join(out, file)).mtimeMs,
      statSync(join(out, file)).ino,
    ]);
    assert.deepEqual(await build(out), manifest);
    assert.deepEqual(
      files.map((file) => [sha256(readFileSync(join(out, file))), statSync(join(out, file)).mtimeMs, statSync(join(out, file)).ino]),
      before,
    );
  });

  it("gives the same bytes in another folder, so that a digest does not tell who built it", async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), "another-checkout-"));
    try {
      for (const folder of ["functions", "contract"]) cpSync(join(ROOT, folder), join(elsewhere, folder), { recursive: true });
      for (const file of ["package.json", "tsconfig.json"]) cpSync(join(ROOT, file), join(elsewhere, file));
      symlinkSync(join(ROOT, "node_modules"), join(elsewhere, "node_modules"));
      for (const name of FUNCTION_NAMES) {
        assert.equal(sha256((await bundleFunction(elsewhere, name)).code), manifest.functions[name].sha256);
      }
    } finally {
      rmSync(elsewhere, { recursive: true });
    }
  });

  it("names no folder of this machine in a product", () => {
    for (const file of FUNCTION_NAMES.map(functionFile)) {
      assert.ok(!readFileSync(join(out, file), "utf8").includes(ROOT), file);
    }
  });

  it("keeps each function below 1 MiB packed, which keeps cold starts short", () => {
    for (const file of FUNCTION_NAMES.map(functionFile)) {
      const packed = deflateRawSync(readFileSync(join(out, file))).length;
      assert.ok(packed < MEBIBYTE, `${file}: ${packed} bytes`);
    }
  });

  it("records every first-party source, so that no change can go unnoticed", () => {
    for (const file of [
      "functions/shared/github/transport.ts",
      "functions/actions-runner-pool/sweep/history.ts",
      "contract/actions-runner-pool/names.ts",
      "build/tar.ts",
      "package-lock.json",
    ]) {
      assert.equal(manifest.inputs[file], sha256(readFileSync(join(ROOT, file))), file);
    }
    assert.ok(Object.keys(manifest.inputs).every((file) => !file.includes("node_modules") && !file.startsWith("/")));
  });

  describe("loader", () => {
    it("gives absolute paths and the digests of what lies there", () => {
      const { functions, hostBundle } = artefacts(out);
      for (const name of FUNCTION_NAMES) {
        assert.equal(sha256(readFileSync(join(functions[name].dir, "index.mjs"))), functions[name].sha256);
      }
      assert.equal(sha256(readFileSync(hostBundle.file)), hostBundle.sha256);
      assert.ok(hostBundle.file.startsWith(out));
    });

    it("refuses a stale bundle and names the file and the remedy", () => {
      const file = "functions/actions-runner-pool/register/register.ts";
      source(file, readFileSync(join(ROOT, file)));
      artefacts(out);
      source(file, "changed");
      assert.throws(
        () => artefacts(out),
        /stale: functions\/actions-runner-pool\/register\/register\.ts changed since it was built; run `npm run build`/,
      );
      rmSync(join(out, "functions"), { recursive: true });
      artefacts(out);
    });

    it("refuses a damaged or missing product", () => {
      const file = join(out, functionFile("sweep"));
      const content = readFileSync(file);
      writeFileSync(file, "export const handler = 1");
      assert.throws(() => artefacts(out), /sweep\/index\.mjs is not what the manifest records; run `npm run build`/);
      rmSync(file);
      assert.throws(() => artefacts(out), /sweep\/index\.mjs is missing; run `npm run build`/);
      writeFileSync(file, content);
    });

    it("says that nothing is built yet", () => {
      assert.throws(() => artefacts(join(out, "nowhere")), /dist\/manifest\.json is missing.*run `npm run build`/);
    });
  });
});
