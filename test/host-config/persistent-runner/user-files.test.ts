import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { activity, resetActivity } from "../../../host-config/persistent-runner/agent/activity";
import { emptyFolder } from "../../../host-config/persistent-runner/agent/caches";
import { endFormerProcesses } from "../../../host-config/persistent-runner/agent/machine";
import { takeOver } from "../../../host-config/persistent-runner/agent/owners";
import { keepRunLogs, runName } from "../../../host-config/persistent-runner/agent/run-logs";
import { boundedExec } from "../../../host-config/shared/prepare/exec";
import { ORDER } from "./fixtures";

/** Debian's user without any files. */
const NOBODY = { uid: 65_534, gid: 65_534, home: "/nonexistent" };
const exec = boundedExec(new AbortController().signal);

/** What a job has left is in folders of its user's: a link there must lead root nowhere. */
describe("root's programs in folders of the job's user", () => {
  let root: string;
  let user: string;
  let roots: string;

  before(function () {
    if (process.getuid?.() !== 0) this.skip();
  });
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "user-files-"));
    execFileSync("chmod", ["0755", root]);
    user = join(root, "user");
    roots = join(root, "roots");
    for (const folder of [user, roots]) mkdirSync(folder);
    chownSync(user, NOBODY.uid, NOBODY.gid);
    writeFileSync(join(roots, "secret"), "of root's", { mode: 0o600 });
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const put = (path: string, text = "x") => {
    mkdirSync(join(user, path, ".."), { recursive: true });
    writeFileSync(join(user, path), text);
    execFileSync("chown", ["-hR", "65534:65534", user]);
  };

  it("empty a folder, with what is hidden and what its user may not delete, and no other", async () => {
    put("cargo/registry/a/.b");
    put("cargo/bin/tool");
    put("go-mod/module/file");
    execFileSync("chmod", ["-R", "a-w", join(user, "go-mod/module")]);
    mkdirSync(join(user, "go-mod/of-a-container"), { mode: 0o700 });
    chownSync(join(user, "go-mod/of-a-container"), 999, 999);
    await emptyFolder(exec, user, "cargo/registry");
    assert.deepEqual(readdirSync(join(user, "cargo/registry")), []);
    assert.ok(existsSync(join(user, "cargo/bin/tool")));
    await emptyFolder(exec, user, "go-mod");
    assert.deepEqual(readdirSync(join(user, "go-mod")), []);
    await emptyFolder(exec, user);
    assert.deepEqual(readdirSync(user), []);
    await emptyFolder(exec, user, "absent");
  });

  it("delete nothing of root's where a job put a link into a folder's path, and say that it was not emptied", async () => {
    symlinkSync(roots, join(user, "registry"));
    symlinkSync(root, join(user, "cargo"));
    for (const folder of ["registry", "cargo/roots"])
      await assert.rejects(emptyFolder(exec, user, folder), /could not be emptied: a link is in its place/);
    assert.ok(existsSync(join(roots, "secret")));
    put("caches/x");
    symlinkSync(roots, join(user, "caches/link"));
    await emptyFolder(exec, user, "caches");
    assert.ok(existsSync(join(roots, "secret")));
  });

  it("make the hooks' file anew at each boot, whatever a job put in its place", async () => {
    const path = join(root, "job/activity");
    const fresh = async () => {
      await resetActivity(exec, NOBODY, path);
      const [file, folder] = [statSync(path), statSync(join(root, "job"))];
      assert.deepEqual([file.uid, file.size, folder.uid, folder.mode & 0o777], [NOBODY.uid, 0, 0, 0o755]);
    };
    await fresh();
    for (const place of ["mkdir -p $1/x/y; chmod 0 $1", "ln -s $2 $1", "mkfifo $1", "true"]) {
      execFileSync("sh", ["-c", `rm -rf "$1"; ${place}`, "sh", path, join(roots, "secret")]);
      await fresh();
    }
    execFileSync("sh", ["-c", 'rm -rf "$1"; ln -s "$2" "$1"', "sh", join(root, "job"), roots]);
    await fresh();
    assert.ok(existsSync(join(roots, "secret")));
    const asUser = (script: string) =>
      spawnSync("setpriv", ["--reuid", "65534", "--regid", "65534", "--clear-groups", "sh", "-c", script, "sh", path]).status;
    assert.equal(asUser('echo x >"$1"'), 0, "the hooks write it");
    for (const script of ['rm -f "$1"', 'mv "$1" "$1.x"', 'touch "$1.x"']) assert.notEqual(asUser(script), 0, script);
  });

  it("give the job's user what a container left in a workspace, and what a link there leads to to no one", async () => {
    put("app/file");
    mkdirSync(join(user, "app/node_modules"));
    chownSync(join(user, "app/node_modules"), 999, 999);
    symlinkSync(join(roots, "secret"), join(user, "app/link"));
    await takeOver(exec, NOBODY, user);
    assert.equal(statSync(join(user, "app/node_modules")).uid, NOBODY.uid);
    assert.equal(lstatSync(join(user, "app/link")).uid, NOBODY.uid);
    assert.equal(statSync(join(roots, "secret")).uid, 0);
  });

  it("keep a run's diagnostic logs for root alone, and of a link what the job's user may read anyway", async () => {
    put("_diag/Worker_1.log", "the job's");
    symlinkSync(join(roots, "secret"), join(user, "_diag/linked"));
    mkdirSync(join(user, "_diag/private"), { mode: 0o700 });
    writeFileSync(join(user, "_diag/private/secret"), "of root's");
    const folder = join(root, "runs");
    await keepRunLogs({ exec, account: NOBODY, name: "12-1", kept: 14, folder, runner: user });
    const archive = join(folder, "12-1/diagnostics.tar.gz");
    const unpacked = (name: string) =>
      execFileSync("tar", ["-xzOf", archive, name], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    assert.equal(unpacked("_diag/Worker_1.log"), "the job's");
    assert.equal(unpacked("_diag/linked"), "", "the link itself");
    assert.throws(() => unpacked("_diag/private/secret"), "root has read it");
    assert.ok(existsSync(join(user, "_diag/private/secret")), "root has removed it");
    assert.equal(statSync(join(folder, "12-1")).mode & 0o077, 0);
    assert.equal(statSync(archive).mode & 0o077, 0);
    assert.ok(!existsSync(join(user, "_diag/Worker_1.log")), "the next run's would be beside it");
    assert.ok(existsSync(join(roots, "secret")));
  });

  it("overwrite the logs of no other run, and name them by what a job cannot choose", async () => {
    const folder = join(root, "runs");
    for (let time = 0; time < 2; time++) await keepRunLogs({ exec, account: NOBODY, name: "7-12-1", kept: 14, folder, runner: user });
    assert.deepEqual(readdirSync(folder).sort(), ["7-12-1", "7-12-1.2"]);
    assert.equal(runName({ ...ORDER, holder: "acme/app#1234#2" }), "7-1234-2");
    const { generation, bundle, configuration } = ORDER;
    assert.equal(runName({ generation, purpose: "provision", bundle, configuration }), "7");
  });

  it("forget the logs of runs that are older than is asked for", async () => {
    const folder = join(root, "runs");
    for (const [name, days] of [
      ["1-1", 16],
      ["2-1", 3],
    ] as const) {
      mkdirSync(join(folder, name), { recursive: true });
      const at = Date.now() / 1000 - days * 86_400;
      utimesSync(join(folder, name), at, at);
    }
    await keepRunLogs({ exec, account: NOBODY, name: "3-1", kept: 14, folder, runner: user });
    assert.deepEqual(readdirSync(folder).sort(), ["2-1", "3-1"]);
  });

  it("read what the hooks noted from a file only", () => {
    put("activity", "acme/app#1#1\nmore");
    assert.equal(activity(join(user, "activity")).text, "acme/app#1#1");
    symlinkSync(join(roots, "secret"), join(user, "link"));
    execFileSync("mkfifo", [join(user, "pipe")]);
    for (const name of ["link", "pipe", "absent"]) assert.equal(activity(join(user, name)).text, undefined, name);
  });

  it("leave no service manager of the job's user to start what a job has left for the next boot", async () => {
    writeFileSync(join(root, "runner"), "");
    writeFileSync(join(root, "other"), "");
    const stopped: string[] = [];
    await endFormerProcesses("runner", { ...NOBODY, uid: 1001 }, [root], async (...words) => {
      stopped.push(words.join(" "));
      writeFileSync(join(root, "runner"), "");
      throw new Error("Unit user-1001.slice not loaded.");
    });
    assert.ok(!existsSync(join(root, "runner")) && existsSync(join(root, "other")));
    assert.deepEqual(stopped, ["stop user@1001.service user-1001.slice"]);
  });
});
