import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { CONFIG } from "./fixtures";

const SOURCES = join(__dirname, "../../../host-config");
const URL = "https://github.com/runner.tar.gz";

describe("the installer of a persistent machine, run with stand-ins for the system's tools", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "install-"));
    mkdirSync(join(root, "home"));
    copyFileSync(join(SOURCES, "persistent-runner/install.sh"), join(root, "home/install.sh"));
    const stores = /\/(usr\/local\/share\/ca-certificates|etc\/pki\/ca-trust\/source\/anchors)/g;
    const functions = readFileSync(join(SOURCES, "shared/install-runner.sh"), "utf8");
    writeFileSync(join(root, "home/install-runner.sh"), functions.replaceAll(stores, `${root}/$1`));
    for (const tool of ["useradd", "chown"]) put(`tools/${tool}`, "#!/bin/bash\n");
    put("tools/ldconfig", "#!/bin/bash\necho libicuuc.so.74\n");
    put("tools/update-ca-certificates", `#!/bin/bash\nls ${root}/usr/local/share/ca-certificates >>${root}/trusted\n`);
    mkdirSync(join(root, "usr/local/share/ca-certificates"), { recursive: true });
    put("tools/curl", `#!/bin/bash\necho >>${root}/downloads\nwhile [ "$1" != -o ]; do shift; done\ncp ${root}/archive.tar.gz "$2"\n`);
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const put = (path: string, content: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content, { mode: 0o755 });
  };
  const read = (path: string) => readFileSync(join(root, path), "utf8");
  const downloads = () => (existsSync(join(root, "downloads")) ? read("downloads").length : 0);

  /** A release of the runner, and its digest. */
  function release(version: string): string {
    rmSync(join(root, "release"), { recursive: true, force: true });
    put("release/run.sh", version);
    put("release/externals/node20/bin/node", `#!/bin/bash\necho ${version}\n`);
    execFileSync("tar", ["-czf", join(root, "archive.tar.gz"), "-C", join(root, "release"), "."]);
    return createHash("sha256")
      .update(readFileSync(join(root, "archive.tar.gz")))
      .digest("hex");
  }

  function install(sha256: string | undefined, more: object = {}, path = `${root}/tools:${process.env.PATH}`) {
    const { runnerArchive: _pinned, ...rest } = CONFIG;
    const config = { ...rest, runnerUser: "daemon", ...(sha256 && { runnerArchive: { url: URL, sha256 } }), ...more };
    writeFileSync(join(root, "config.json"), JSON.stringify(config));
    const env = { PATH: path, RUNNER_HOME: join(root, "runner"), RUNNER_AUTHORITIES: join(root, "authorities.pem") };
    return spawnSync("bash", [join(root, "home/install.sh"), join(root, "config.json")], { env, encoding: "utf8" });
  }

  function succeed(...args: Parameters<typeof install>): void {
    const result = install(...args);
    assert.equal(result.status, 0, result.stderr);
  }

  it("installs the pinned runner, with a Node.js of its own, and downloads nothing at later boots", () => {
    const sha256 = release("1");
    succeed(sha256);
    succeed(sha256);
    assert.equal(read("runner/run.sh"), "1");
    assert.match(read("home/node"), /echo 1/);
    assert.equal(downloads(), 1);
  });

  it("puts another release in its place, and keeps the workspaces and nothing else of the old one", () => {
    succeed(release("1"));
    put("runner/_work/app/target", "built");
    put("runner/.runner", "registration");
    const sha256 = release("2");
    succeed(sha256);
    assert.deepEqual([read("runner/run.sh"), read("runner/_work/app/target")], ["2", "built"]);
    assert.match(read("home/node"), /echo 2/);
    assert.ok(!existsSync(join(root, "runner/.runner")) && !existsSync(join(root, "runner.work")));
  });

  it("leaves the old runner as it is if the new archive is not the pinned one", () => {
    succeed(release("1"));
    release("2");
    const result = install("f".repeat(64));
    assert.equal(result.status, 1);
    assert.match(result.stderr, /has the wrong SHA-256, expected ffff/);
    assert.equal(read("runner/run.sh"), "1");
  });

  it("unpacks the runner anew at each boot: nothing of what a job did to it reaches the next, except for its workspaces", () => {
    const sha256 = release("1");
    succeed(sha256);
    for (const path of ["run.sh", "bin/Runner.Listener", ".env", ".path", ".runner"]) put(`runner/${path}`, "planted");
    put("runner/_work/app/target", "built");
    succeed(sha256);
    assert.equal(read("runner/run.sh"), "1");
    assert.deepEqual(readdirSync(join(root, "runner")).sort(), ["_work", "externals", "run.sh"]);
    assert.equal(read("runner/_work/app/target"), "built");
    assert.equal(downloads(), 1);
  });

  it("downloads the runner again where its archive was damaged, such as by a power cut", () => {
    const sha256 = release("1");
    succeed(sha256);
    writeFileSync(join(root, "home/runner-kept.tar.gz"), "");
    succeed(sha256);
    assert.equal(read("runner/run.sh"), "1");
    assert.equal(downloads(), 2);
  });

  it("takes the user and the authorities from the configuration, although a variable of jobs has such a name", () => {
    put("tools/chown", `#!/bin/bash\necho "$@" >>${root}/owners\n`);
    succeed(release("1"), { jobEnvironment: { runnerUser: "nobody", authorities: "plan}{ted", sha256: "planted" } });
    assert.match(read("owners"), /-R daemon: /);
    assert.ok(!read("owners").includes("nobody"));
    assert.equal(existsSync(join(root, "authorities.pem")) ? read("authorities.pem") : "", "");
  });

  for (const [cut, pattern] of [
    ["before the old one is deleted", /^ {2}rm -rf --one-file-system "\$RUNNER_HOME\.new"/m],
    ["before the new one is in place", /^ {2}mv -T "\$RUNNER_HOME\.new"/m],
    ["before the work folder is moved", /^ {2}if \[ -e "\$work" \]; then/m],
    ["before its mark is written", /^ {2}mv "\$mark\.new"/m],
  ] as const) {
    it(`completes a replacement that was cut short ${cut}, and loses no workspace`, () => {
      succeed(release("1"));
      put("runner/_work/app/target", "built");
      const sha256 = release("2");
      const whole = read("home/install.sh");
      put(
        "home/install.sh",
        whole.replace(pattern, (line) => `exit 9\n${line}`),
      );
      assert.equal(install(sha256).status, 9);
      put("home/install.sh", whole);
      succeed(sha256);
      assert.deepEqual([read("runner/run.sh"), read("runner/_work/app/target")], ["2", "built"]);
      assert.ok(!existsSync(join(root, "runner.work")) && !existsSync(join(root, "runner.new")));
    });
  }

  it("follows no link that a job has put in place of its workspaces, nor runs what it has put in place of the runner", () => {
    const sha256 = release("1");
    succeed(sha256);
    put("roots/file", "root's");
    symlinkSync(join(root, "roots"), join(root, "runner/_work"));
    put("runner/externals/node20/bin/node", `#!/bin/bash\ntouch ${root}/planted-ran\n`);
    put("runner/bin/installdependencies.sh", `#!/bin/bash\ntouch ${root}/planted-ran\n`);
    succeed(sha256);
    succeed(release("2"));
    assert.ok(!existsSync(join(root, "runner/_work")), "a link is a job's");
    assert.equal(read("roots/file"), "root's");
    assert.ok(!existsSync(join(root, "planted-ran")));
  });

  it("takes the image's runner before any job, and refuses a later one that may be a job's", () => {
    put("runner/run.sh", "image's");
    put("runner/externals/node20/bin/node", "#!/bin/bash\n");
    succeed(undefined);
    succeed(undefined);
    assert.equal(read("runner/run.sh"), "image's");
    succeed(release("2"));
    const result = install(undefined);
    assert.match(result.stderr, /is no longer the image's runner: set runner\.version and runner\.sha256/);
  });

  it("names what to set if there is no runner at all", () => {
    assert.match(install(undefined).stderr, /contains no runner: set runner\.version and runner\.sha256, or use an image that contains it/);
  });

  it("has the system trust private authorities before it downloads, again only when they change, and forgets removed ones", () => {
    const sha256 = release("1");
    const pem = (body: string) => `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
    put("tools/curl", `#!/bin/bash\n[ -e ${root}/trusted ] || exit 60\n${read("tools/curl").replace("#!/bin/bash\n", "")}`);
    const given = { authorities: pem("a/b+c=") + pem("second") };
    succeed(sha256, given);
    assert.equal(read("authorities.pem"), given.authorities);
    assert.equal(read("trusted"), "ci-runners-1.crt\nci-runners-2.crt\n");
    succeed(sha256, given);
    assert.equal(read("trusted").split("\n").length, 3, "not again");
    succeed(sha256);
    assert.equal(read("authorities.pem"), "");
    assert.deepEqual(execFileSync("ls", [join(root, "usr/local/share/ca-certificates")], { encoding: "utf8" }), "");
  });
});
