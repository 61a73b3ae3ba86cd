import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freshProgram } from "../../../rehearsal/engine/program";
import { prepareWorkspace } from "../../../rehearsal/engine/workspace";

describe("the engine's workspace", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "ci-runners-"));
    writeFileSync(
      join(dir, "Pulumi.yaml"),
      "name: tiny\nruntime: nodejs\nmain: index.ts\nbackend:\n  url: s3://real-state\nconfig:\n  size:\n    type: integer\n    default: 7\n",
    );
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const stack = (content: string) => writeFileSync(join(dir, "Pulumi.dev.yaml"), content);
  const layOut = (overrides = {}) =>
    prepareWorkspace({ projectDir: dir, workDir: join(dir, "work"), stack: "dev", pluginDir: "/plugins", overrides });
  const written = (file: string) => readFileSync(join(dir, "work", file), "utf8");

  it("keeps the configuration's schema, adds the rehearsal's providers and drops the real backend", () => {
    stack("config: {}\n");
    layOut();
    assert.match(written("Pulumi.yaml"), /default: 7/);
    assert.match(written("Pulumi.yaml"), /name: awsx\n\s+path: \/plugins/);
    assert.doesNotMatch(written("Pulumi.yaml"), /real-state/);
  });

  it("prefers overrides, and applies a key without a namespace to the project", () => {
    stack("config:\n  tiny:size: 1\n  tiny:gone: 1\n  aws:region: us-east-1\n");
    layOut({ size: 2, "aws:region": "eu-west-1", absent: undefined, gone: null });
    assert.match(written("Pulumi.dev.yaml"), /tiny:size: 2/);
    assert.match(written("Pulumi.dev.yaml"), /aws:region: eu-west-1/);
    assert.doesNotMatch(written("Pulumi.dev.yaml"), /absent|gone/);
  });

  it("refuses encrypted configuration by key, since the rehearsal must not need the stack's encryption key", () => {
    stack("secretsprovider: awskms://alias/prod\nencryptedkey: abc\nconfig:\n  tiny:token:\n    secure: v1:abc\n");
    assert.throws(() => layOut(), /tiny:token is encrypted/);
    layOut({ token: "harmless" });
    assert.doesNotMatch(written("Pulumi.dev.yaml"), /awskms|encryptedkey/);
  });

  it("refuses a stack without a configuration file, instead of rehearsing the defaults", () => {
    assert.throws(() => layOut(), /stack dev: Pulumi.dev.yaml does not exist/);
  });

  it("writes nothing into the project's folder", () => {
    stack("config: {}\n");
    const before = readdirSync(dir).map((name) => [name, readFileSync(join(dir, name), "utf8")]);
    layOut();
    assert.deepEqual(
      readdirSync(dir)
        .filter((name) => name !== "work")
        .map((name) => [name, readFileSync(join(dir, name), "utf8")]),
      before,
    );
  });

  it("evaluates the program anew on each run; otherwise the second run would register nothing", async () => {
    writeFileSync(join(dir, "part.ts"), "export const born = process.hrtime.bigint();\n");
    writeFileSync(join(dir, "index.ts"), 'export { born } from "./part";\n');
    const program = freshProgram(dir);
    assert.notEqual((await program()).born, (await program()).born);
  });
});
