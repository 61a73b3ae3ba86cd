import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { PulumiCommand } from "@pulumi/pulumi/automation";
import { ENGINE_VERSION, OLDEST_ENGINE } from "../../../rehearsal/engine/cache";
import { locate } from "../../../rehearsal/engine/locate";
import { withLock } from "../../../rehearsal/engine/lock";

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
  const find = () => locate({ cacheDir: join(dir, "cache") });

  it("prefers the user's engine on PATH when it is new enough", async () => {
    pretend(join(dir, "bin", "pulumi"), "3.250.1");
    pretend(cached(), ENGINE_VERSION);
    const { source, version } = await find();
    assert.deepEqual([source, version], ["path", "3.250.1"]);
  });

  it("ignores an engine on PATH that is too old, since it would lose or merge events", async () => {
    pretend(cached(), ENGINE_VERSION);
    pretend(join(dir, "bin", "pulumi"), "3.205.0");
    assert.equal((await find()).source, "cache");
    pretend(join(dir, "bin", "pulumi"), OLDEST_ENGINE);
    assert.equal((await find()).source, "path");
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

  it("never lets two processes build at the same time", async () => {
    const inside: string[] = [];
    let release = () => undefined as void;
    const held = new Promise<void>((resolve) => (release = resolve));
    const first = withLock(
      join(dir, "engine"),
      () => undefined,
      async () => {
        inside.push("first in");
        await held;
        inside.push("first out");
      },
    );
    const second = withLock(join(dir, "engine"), release, async () => void inside.push("second in"));
    await Promise.all([first, second]);
    assert.deepEqual(inside, ["first in", "first out", "second in"]);
    assert.equal(existsSync(join(dir, "engine.lock")), false);
  });

  it("takes over the lock of a killed build; otherwise no later build could start", async () => {
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    mkdirSync(join(dir, "engine.lock"));
    writeFileSync(join(dir, "engine.lock", "pid"), String(pid));
    assert.equal(
      await withLock(
        join(dir, "engine"),
        () => undefined,
        async () => "built",
      ),
      "built",
    );
  });
});
