import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { PulumiCommand } from "@pulumi/pulumi/automation";

import { seal } from "../../../rehearsal/cache-folder";
import { ENGINE_VERSION, OLDEST_ENGINE } from "../../../rehearsal/engine/cache";
import { locate } from "../../../rehearsal/engine/locate";

describe("finding an engine", () => {
  const path = process.env.PATH;
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "ci-runners-"));
    process.env.PATH = join(dir, "bin");
    mkdirSync(join(dir, "bin"));
  });
  afterEach(() => {
    process.env.PATH = path;
    rmSync(dir, { recursive: true, force: true });
  });

  /** Writes an executable that reports the version of an engine. */
  function pretend(file: string, version: string): void {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `#!/bin/sh\necho v${version}\n`);
    chmodSync(file, 0o755);
  }
  const cached = () => join(dir, "cache", ENGINE_VERSION, "bin", "pulumi");
  /** Puts an engine into the cache as an earlier run would. */
  function prepare(): void {
    pretend(cached(), ENGINE_VERSION);
    seal(join(dir, "cache", ENGINE_VERSION));
  }
  const find = () => locate({ cacheDir: join(dir, "cache") });

  it("prefers the user's engine on PATH when it is new enough", async () => {
    pretend(join(dir, "bin", "pulumi"), "3.250.1");
    prepare();
    const { source, version } = await find();
    assert.deepEqual([source, version], ["path", "3.250.1"]);
  });

  it("ignores an engine on PATH that is too old, since it would lose or merge events", async () => {
    prepare();
    pretend(join(dir, "bin", "pulumi"), "3.205.0");
    assert.equal((await find()).source, "cache");
    pretend(join(dir, "bin", "pulumi"), OLDEST_ENGINE);
    assert.equal((await find()).source, "path");
  });

  it("never runs a cached engine that has changed since it was prepared, or that nothing says who prepared it", async () => {
    pretend(cached(), ENGINE_VERSION);
    await assert.rejects(find(), /cache \S+: .*has no record of its content/);
    seal(join(dir, "cache", ENGINE_VERSION));
    assert.equal((await find()).source, "cache");
    writeFileSync(cached(), `#!/bin/sh\necho v${ENGINE_VERSION} # planted\n`);
    await assert.rejects(find(), /cache \S+: .*has changed since it was recorded/);
  });

  it("refuses a cache folder that other users can write to", async () => {
    prepare();
    chmodSync(join(dir, "cache"), 0o777);
    await assert.rejects(find(), /cache is writable by other users/);
  });

  it("builds the version that it searches for; otherwise the engine would report a wrong version", () => {
    const module = readFileSync(join(__dirname, "../../../rehearsal/engine/go.mod"), "utf8");
    assert.equal(/^require github\.com\/pulumi\/pulumi\/pkg\/v3 v(\S+)$/m.exec(module)?.[1], ENGINE_VERSION);
  });

  it("reports why each source failed when no engine is available", async () => {
    await assert.rejects(find(), (error: Error) => {
      for (const part of [/PATH: .*ENOENT/, /empty/, /Go is not on PATH/, /Install Pulumi 3\.206\.0 or newer .* or Go/])
        assert.match(error.message, part);
      return true;
    });
  });

  it("never runs Pulumi's installer, a script that nothing pins and that a rehearsal would run as root", async () => {
    const { install } = PulumiCommand;
    let ran = 0;
    PulumiCommand.install = async (options) => {
      ran += 1;
      pretend(cached(), ENGINE_VERSION);
      return PulumiCommand.get(options);
    };
    try {
      await assert.rejects(find(), /No Pulumi engine/);
      assert.equal(ran, 0);
    } finally {
      PulumiCommand.install = install;
    }
  });
});
