import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256 } from "../../../components/shared/sha256";
import { SCRIPT_LIMIT_BYTES, scriptFile, setupScriptOf } from "../../../components/shared/setup-script";

const TEXT = "#!/bin/bash\necho ready\n";

describe("the setup script of a program", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "script-"))));
  afterEach(() => rmSync(folder, { recursive: true }));
  const file = (content: string | Buffer) => {
    writeFileSync(join(folder, "setup.sh"), content);
    return join(folder, "setup.sh");
  };

  it("has the digest of its bytes, whether it is given as text or as a file", () => {
    assert.deepEqual(setupScriptOf(TEXT), { text: TEXT, bytes: TEXT.length, sha256: sha256(TEXT) });
    assert.deepEqual(setupScriptOf(file(TEXT)), setupScriptOf(TEXT));
    assert.notEqual(setupScriptOf(`${TEXT}\n`)!.sha256, setupScriptOf(TEXT)!.sha256);
  });

  it("is looked for in the program's working directory", () => {
    const before = process.cwd();
    file(TEXT);
    try {
      process.chdir(folder);
      assert.equal(setupScriptOf("setup.sh")!.text, TEXT);
    } finally {
      process.chdir(before);
    }
  });

  it("is a text if it has lines, so that a forgotten #! is not searched for as a file", () => {
    assert.equal(scriptFile("\n#!/bin/bash\n"), undefined);
    assert.equal(scriptFile("#!/bin/true"), undefined);
    assert.equal(scriptFile("/opt/setup.sh"), "/opt/setup.sh");
  });

  it("is undefined where there is no file to read, and no path makes the program hang", () => {
    execFileSync("mkfifo", [join(folder, "pipe")]);
    mkdirSync(join(folder, "folder"));
    for (const path of ["none", "pipe", "folder", "none/setup.sh"]) assert.equal(setupScriptOf(join(folder, path)), undefined, path);
    assert.equal(setupScriptOf("/dev/zero"), undefined);
    assert.equal(setupScriptOf(undefined), undefined);
  });

  it("is not read to the end where it is too long to be one", () => {
    const path = file(TEXT);
    truncateSync(path, 10 * SCRIPT_LIMIT_BYTES);
    assert.equal(setupScriptOf(path)!.bytes, SCRIPT_LIMIT_BYTES + 1);
  });

  it("has no text if it is no UTF-8, of which an upload would change bytes", () => {
    assert.equal(setupScriptOf(file(Buffer.from([0x23, 0x21, 0xff])))!.text, undefined);
    assert.equal(setupScriptOf(file("\ufeff#!/bin/sh\n"))!.text, "\ufeff#!/bin/sh\n");
  });
});
