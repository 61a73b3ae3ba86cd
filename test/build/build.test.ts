import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { artefacts } from "../../components/shared/artefacts";
import { build } from "../../build/build";
import { bundleFunctions } from "../../build/functions";
import { sha256 } from "../../components/shared/sha256";
import {
  MANIFEST,
  type Manifest,
  ROOT,
  functionFile,
  functionKey,
  functionSource,
  hostBundleFile,
} from "../../components/shared/package-layout";
import { discoverFunctions, discoverHostBundles } from "../../build/discover";
import { copyOrBuild } from "../support/built";

const FUNCTIONS = discoverFunctions();
const MEBIBYTE = 1024 * 1024;

describe("build", () => {
  const products = [...FUNCTIONS.map(functionFile), ...discoverHostBundles().map(hostBundleFile), MANIFEST];
  const obsolete = ["dist/functions/register/index.mjs", "dist/host-bundle.tar"];
  let out: string;
  let manifest: Manifest;
  /** Of the first build: usually that of another process. */
  let earlier: ReturnType<typeof states>;

  /** Digest, time stamp and number of each product's file. */
  const states = () =>
    products.map((file) => {
      const { mtimeMs, ino } = statSync(join(out, file));
      return { file, digest: sha256(readFileSync(join(out, file))), mtimeMs, ino };
    });

  before(async () => {
    out = mkdtempSync(join(tmpdir(), "ci-runners-build-"));
    await copyOrBuild(out);
    earlier = states();
    for (const file of obsolete) source(file, "");
    manifest = await build(out);
  });
  after(() => rmSync(out, { recursive: true }));

  /** Writes one file next to the products, as in a checkout. */
  function source(file: string, content: string | Buffer): void {
    mkdirSync(dirname(join(out, file)), { recursive: true });
    writeFileSync(join(out, file), content);
  }

  it("finds every function by its folder and ignores shared folders", () => {
    assert.deepEqual(FUNCTIONS, [
      "actions-runner-pool/deregister",
      "actions-runner-pool/register",
      "actions-runner-pool/scale",
      "actions-runner-pool/sweep",
      "persistent-runner/control",
      "persistent-runner/reap",
      "workflow-jobs/reconcile",
      "workflow-jobs/setup",
      "workflow-jobs/webhook",
    ]);
    assert.deepEqual(Object.keys(manifest.functions), FUNCTIONS);
    const root = mkdtempSync(join(tmpdir(), "ci-runners-functions-"));
    try {
      const sources = ["b/two", "b/one", "a/only", "a/shared", "shared/aws"] as const;
      for (const key of sources) {
        mkdirSync(join(root, dirname(functionSource(key))), { recursive: true });
        writeFileSync(join(root, functionSource(key)), "");
      }
      mkdirSync(join(root, "functions/a/without-handler"));
      assert.deepEqual(discoverFunctions(root), ["a/only", "b/one", "b/two"]);
    } finally {
      rmSync(root, { recursive: true });
    }
  });

  it("removes products of functions and hosts that no longer exist, which would otherwise be published", () => {
    assert.deepEqual(
      obsolete.filter((file) => existsSync(join(out, file))),
      [],
    );
  });

  it("gives the same bytes in a second build and does not touch unchanged products", () => {
    assert.deepEqual(states(), earlier);
    assert.deepEqual(JSON.parse(readFileSync(join(out, MANIFEST), "utf8")), manifest);
  });

  it("gives the same bytes in another folder beside another function, so that a digest depends on neither", async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), "another-checkout-"));
    try {
      for (const folder of ["functions", "contract"]) cpSync(join(ROOT, folder), join(elsewhere, folder), { recursive: true });
      for (const file of ["package.json", "tsconfig.json"]) cpSync(join(ROOT, file), join(elsewhere, file));
      symlinkSync(join(ROOT, "node_modules"), join(elsewhere, "node_modules"));
      // First in the list, with other parts of the modules that it shares with a function.
      const another = functionKey("actions-runner-pool", "another");
      mkdirSync(join(elsewhere, dirname(functionSource(another))));
      const everything = 'import * as register from "../register/index"; import * as sweep from "../sweep/index";';
      writeFileSync(join(elsewhere, functionSource(another)), `${everything} export const handler = () => [register, sweep];`);
      const { code } = await bundleFunctions(elsewhere, [another, ...FUNCTIONS]);
      assert.deepEqual([...code.keys()], [another, ...FUNCTIONS]);
      for (const key of FUNCTIONS) assert.equal(sha256(code.get(key)!), manifest.functions[key]?.sha256, key);
    } finally {
      rmSync(elsewhere, { recursive: true });
    }
  });

  it("leaves no path of the build machine in a product", () => {
    for (const file of FUNCTIONS.map(functionFile)) {
      assert.ok(!readFileSync(join(out, file), "utf8").includes(ROOT), file);
    }
  });

  it("keeps each compressed function below 1 MiB, for short cold starts", () => {
    for (const file of FUNCTIONS.map(functionFile)) {
      const packed = deflateRawSync(readFileSync(join(out, file))).length;
      assert.ok(packed < MEBIBYTE, `${file}: ${packed} bytes`);
    }
  });

  it("records every first-party source, so that no change goes unnoticed", () => {
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
    it("returns absolute paths and the digests of the files there", () => {
      const { functions, hostBundle: bundleOf } = artefacts(out);
      const hostBundle = bundleOf("actions-runner-pool");
      for (const key of FUNCTIONS) {
        const [component = "", name = ""] = key.split("/");
        const { dir, sha256: digest } = functions(component, name);
        assert.equal(sha256(readFileSync(join(dir, "index.mjs"))), digest);
      }
      assert.equal(sha256(readFileSync(hostBundle.file)), hostBundle.sha256);
      assert.ok(hostBundle.file.startsWith(out));
    });

    it("rejects a stale bundle and names the file and the remedy", () => {
      const file = "functions/actions-runner-pool/register/register.ts";
      source(file, readFileSync(join(ROOT, file)));
      artefacts(out);
      source(file, "changed");
      assert.throws(
        () => artefacts(out),
        /stale: functions\/actions-runner-pool\/register\/register\.ts changed since the last build; run `npm run build`/,
      );
      rmSync(join(out, "functions"), { recursive: true });
      artefacts(out);
    });

    it("rejects a damaged or missing product", () => {
      const file = join(out, functionFile("actions-runner-pool/sweep"));
      const content = readFileSync(file);
      writeFileSync(file, "export const handler = 1");
      assert.throws(() => artefacts(out), /sweep\/index\.mjs does not match the digest in the manifest; run `npm run build`/);
      rmSync(file);
      assert.throws(() => artefacts(out), /sweep\/index\.mjs is missing; run `npm run build`/);
      writeFileSync(file, content);
    });

    it("lists the existing functions when asked for an unknown one", () => {
      assert.throws(
        () => artefacts(out).functions("actions-runner-pool", "sweeper"),
        /no function actions-runner-pool\/sweeper, only actions-runner-pool\/deregister, .*; run `npm run build`/,
      );
    });

    it("reports that nothing has been built", () => {
      assert.throws(() => artefacts(join(out, "nowhere")), /dist\/manifest\.json is missing.*run `npm run build`/);
    });
  });
});
