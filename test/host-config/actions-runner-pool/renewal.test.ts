import assert from "node:assert/strict";
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { archives, savePristine } from "../../../host-config/actions-runner-pool/agent/pristine";
import { renewal } from "../../../host-config/actions-runner-pool/agent/renewal";
import { asUserOf } from "../../../host-config/shared/own-unit";
import { CONFIG, FakeHost } from "./fake-host";

/** `nobody` on most systems. Only root can give files away, so elsewhere all files are the test's own. */
const ROOT = process.getuid?.() === 0;
const UID = ROOT ? 65534 : process.getuid!();
const GID = ROOT ? 65534 : process.getgid!();

/** What its unit does, without systemd. */
const asUser = (folder: string, _seconds: number, command: readonly string[]) => {
  const identity = ROOT ? ["setpriv", `--reuid=${UID}`, `--regid=${GID}`, "--clear-groups"] : [];
  return ["env", `--chdir=${folder}`, ...identity, ...command];
};

const NOTHING_LEFT = { slice: async () => true, all: async () => undefined, left: () => [] as { pid: number; comm: string }[] };

describe("the renewal of a machine that returns to the warm pool", () => {
  let root: string;
  let files: {
    folder: string;
    runner: string;
    linger: string;
    perfLog: string;
    proc: string;
    schedulers: { crontabs: string[]; jobs: string[] };
  };
  let home: string;

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), "renewal-"));
    chmodSync(root, 0o755);
    home = join(root, "home");
    files = {
      folder: join(root, "pristine"),
      runner: join(root, "runner"),
      linger: join(root, "linger"),
      perfLog: join(root, "perf"),
      proc: join(root, "proc"),
      schedulers: { crontabs: [join(root, "crontabs")], jobs: [join(root, "jobs")] },
    };
    for (const folder of [home, files.linger, `${root}/crontabs`, `${root}/jobs`, join(files.proc, "self")])
      mkdirSync(folder, { recursive: true });
    writeFileSync(join(files.proc, "self/mountinfo"), "36 35 98:0 / / rw - ext4 /dev/root rw\n");
    put("runner/config.sh", "the installation's", 0o755);
    put("runner/bin/Runner.Listener", "the installation's", 0o755);
    own(home);
    own(files.runner);
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const account = () => ({ uid: UID, gid: GID, home });
  const save = () => savePristine(account(), files);
  const machine = (ends = NOTHING_LEFT) => renewal(CONFIG, new FakeHost().clock, asUser, account, files, ends);
  /** The steps between which the last processes end. */
  const renew = async () => {
    await machine().disarm();
    await machine().restore();
  };
  const read = (path: string) => readFileSync(join(root, path), "utf8");
  const there = (path: string) => existsSync(join(root, path));

  /** Writes a file as the job's user would. */
  function put(path: string, content: string, mode = 0o644): void {
    const full = join(root, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, content, { mode });
    for (let one = full; one !== root; one = dirname(one)) own(one);
  }

  function own(path: string): void {
    lchownSync(path, UID, GID);
  }

  it("brings back the runner's programs, with their owner and mode, and leaves neither registration nor settings nor planted files", async () => {
    await save();
    for (const path of [".runner", ".credentials", ".credentials_rsaparams", ".env", ".path", "bin/planted"])
      put(`runner/${path}`, "a job's");
    put("runner/config.sh", "a job's", 0o600);
    await machine().restore();
    assert.deepEqual(readdirSync(files.runner).sort(), ["bin", "config.sh"]);
    assert.deepEqual(readdirSync(join(files.runner, "bin")), ["Runner.Listener"]);
    assert.equal(read("runner/config.sh"), "the installation's");
    const { mode, uid } = statSync(join(files.runner, "config.sh"));
    assert.deepEqual([mode & 0o777, uid], [0o755, UID]);
    assert.equal(statSync(files.runner).uid, UID);
  });

  it("keeps the work folder, where jobs have their caches", async () => {
    await save();
    put("runner/_work/_tool/node/22.0.0", "cached");
    await machine().restore();
    assert.equal(read("runner/_work/_tool/node/22.0.0"), "cached");
  });

  it("keeps no work folder of the image in its copy, which would bring back what a job has deleted", async () => {
    put("runner/_work/of-the-image", "");
    await save();
    rmSync(join(files.runner, "_work"), { recursive: true });
    await machine().restore();
    assert.ok(!there("runner/_work"));
  });

  it("brings back a runner whose folder a job has deleted, or replaced by a link to a folder of root's", async () => {
    await save();
    rmSync(files.runner, { recursive: true });
    await machine().restore();
    assert.equal(read("runner/config.sh"), "the installation's");
    rmSync(files.runner, { recursive: true });
    mkdirSync(join(root, "etc"));
    writeFileSync(join(root, "etc/passwd"), "root's");
    symlinkSync(join(root, "etc"), files.runner);
    await machine().restore();
    assert.equal(read("etc/passwd"), "root's");
    assert.equal(read("runner/config.sh"), "the installation's");
  });

  /** What each step of a restoration leaves, if it is cut short there. */
  const CUTS: [string, () => void][] = [
    ["after the runner was moved", () => renameSync(files.runner, join(files.folder, "old"))],
    [
      "after the work folder was moved",
      () => {
        renameSync(files.runner, join(files.folder, "old"));
        renameSync(join(files.folder, "old/_work"), join(files.folder, "work"));
      },
    ],
    [
      "while the runner was unpacked",
      () => {
        renameSync(join(files.runner, "_work"), join(files.folder, "work"));
        rmSync(files.runner, { recursive: true });
        put("pristine/next/half", "of an archive");
      },
    ],
    ["before the work folder was put back", () => renameSync(join(files.runner, "_work"), join(files.folder, "work"))],
  ];
  for (const [cut, arrange] of CUTS) {
    it(`starts over after it was cut short ${cut}, and keeps the caches of jobs`, async () => {
      await save();
      put("runner/.runner", "a job's");
      put("runner/_work/cache", "cached");
      arrange();
      await machine().restore();
      assert.equal(read("runner/config.sh"), "the installation's");
      assert.ok(!there("runner/.runner") && !there("runner/half"));
      assert.deepEqual(readdirSync(files.folder).sort(), ["home.tar", "runner.tar"]);
      assert.equal(read("runner/_work/cache"), "cached");
    });
  }

  it("frees the space of the old runner before it needs that of the new one, where jobs have filled the disk", async () => {
    await save();
    put("runner/of-a-job", "fills the disk");
    // An archive that cannot be unpacked: what a full disk makes of it.
    writeFileSync(archives(files.folder).runner, "no archive");
    await assert.rejects(machine().restore(), /tar/);
    assert.ok(!there("pristine/old") && !there("runner"), "the old runner still takes its space");
  });

  it("deletes the work folder as such, and what a link in its place leads to stays", async () => {
    put("runner/_work/cache", "cached");
    await machine().deleteWork();
    assert.ok(!there("runner/_work") && there("runner/config.sh"));
    mkdirSync(join(root, "etc"));
    writeFileSync(join(root, "etc/passwd"), "root's");
    symlinkSync(join(root, "etc"), join(files.runner, "_work"));
    await machine().deleteWork();
    assert.equal(read("etc/passwd"), "root's");
  });

  it("empties a work folder on a volume instead, whose mount point no one could remove", async () => {
    const work = join(root, "work");
    for (const path of ["cache", ".hidden", "..also", "-rf"]) put(`work/${path}`, "cached");
    put("runner/_work/of-the-image", "kept");
    mkdirSync(join(root, "etc"));
    writeFileSync(join(root, "etc/passwd"), "root's");
    symlinkSync(join(root, "etc"), join(work, "link"));
    Object.assign(files, { work });
    await machine().deleteWork();
    assert.deepEqual(readdirSync(work), []);
    assert.ok(there("runner/_work/of-the-image"));
    assert.equal(read("etc/passwd"), "root's");
  });

  it("empties a work folder with more names than a command takes, which many small jobs leave", async () => {
    const work = join(root, "work");
    mkdirSync(work);
    for (let index = 0; index < 9_000; index++) writeFileSync(join(work, `${index}`.padStart(240, "0")), "");
    Object.assign(files, { work });
    await machine().deleteWork();
    assert.deepEqual(readdirSync(work), []);
  });

  it("unmounts what a job has mounted on a volume or in the work folder there, or the next service finds a dead mount", async () => {
    await save();
    const config: typeof CONFIG = { ...CONFIG, storage: { volumes: [{ device: "/dev/sdf", mountPoint: join(root, "data") }] } };
    for (const folder of ["data", "work"]) {
      const mounted = join(root, folder, "remote");
      writeFileSync(join(files.proc, "self/mountinfo"), `40 36 0:50 / ${mounted} rw - fuse.sshfs host:/ rw\n`);
      const all = { ...files, work: join(root, "work") };
      const returned = renewal(config, new FakeHost().clock, asUser, account, all, NOTHING_LEFT);
      await assert.rejects(returned.restore(), new RegExp(`umount.*${mounted}|ENOENT`), `${folder}: nothing is mounted there in truth`);
    }
  });

  it("brings back the image's user units and ends those of jobs, with their user's own rights", async () => {
    put("home/.config/systemd/user/docker.service", "the image's");
    await save();
    put("home/.config/systemd/user/docker.service", "a job's");
    put("home/.config/systemd/user/default.target.wants/planted.service", "a job's");
    put("home/.config/environment.d/planted.conf", "LD_PRELOAD=/home/planted.so");
    put("home/.local/share/systemd/user/planted.timer", "a job's");
    put("home/.cache/pip/wheel", "cached");
    await renew();
    assert.equal(read("home/.config/systemd/user/docker.service"), "the image's");
    for (const planted of [".config/systemd/user/default.target.wants", ".config/environment.d", ".local/share/systemd"])
      assert.ok(!there(`home/${planted}`), planted);
    assert.equal(read("home/.cache/pip/wheel"), "cached");
  });

  it("leaves no job's key that lets someone log in as its user, and brings back the image's", async () => {
    put("home/.ssh/authorized_keys", "the image's");
    await save();
    put("home/.ssh/authorized_keys", "a job's");
    for (const path of [".ssh/rc", ".ssh/id_ed25519", ".k5login", ".forward", ".config/autostart/planted.desktop"])
      put(`home/${path}`, "a job's");
    put("home/.config/containers/systemd/planted.container", "a job's");
    put("home/.config/containers/registries.conf", "kept");
    await renew();
    assert.equal(read("home/.ssh/authorized_keys"), "the image's");
    assert.deepEqual(readdirSync(join(home, ".ssh")), ["authorized_keys"]);
    for (const planted of [".k5login", ".forward", ".config/autostart", ".config/containers/systemd"])
      assert.ok(!there(`home/${planted}`), planted);
    assert.equal(read("home/.config/containers/registries.conf"), "kept");
  });

  it("removes a job's key before the last process ends, or someone logs in with it while the runner is restored", async () => {
    put("home/.ssh/authorized_keys", "the image's");
    await save();
    put("home/.ssh/authorized_keys", "a job's");
    await machine().disarm();
    assert.ok(!there("home/.ssh"));
    put("home/.ssh/authorized_keys", "of one who had logged in before");
    await assert.rejects(machine().restore(), /\.ssh: is there again/);
    assert.equal(read("runner/config.sh"), "the installation's");
  });

  it("runs what it runs as the job's user where the instance's credentials are out of its reach, unless jobs may have them", () => {
    const words = asUserOf(CONFIG)("/home/runner", 600, ["sh", "-c", 'rm -rf -- "$@"']);
    for (const word of [
      "--uid=runner",
      "--pipe",
      "--wait",
      "--working-directory=/home/runner",
      "--setenv=LC_ALL=C",
      "--property=IPAddressDeny=169.254.169.254 fd00:ec2::254",
      "--property=NoNewPrivileges=yes",
      "--property=RuntimeMaxSec=600",
      "--property=KillSignal=SIGKILL",
      "--property=DefaultDependencies=no",
    ])
      assert.ok(words.includes(word), word);
    assert.ok(!words.some((word) => word.startsWith("--unit=")), "the next one may start before systemd has forgotten the last");
    assert.deepEqual(words.slice(words.indexOf("--") + 1), ["sh", "-c", 'rm -rf -- "$$@"'], "systemd would replace a single dollar sign");
    const open = asUserOf({ ...CONFIG, jobsMayUseInstanceRole: true })("/", 2, ["true"]);
    assert.ok(!open.some((word) => word.includes("IPAddressDeny")));
  });

  it("runs each of its commands as the job's user in such a unit: removal, extraction, and the call that ends all processes", async () => {
    const starts: string[] = [];
    const seen = (folder: string, seconds: number, command: readonly string[]) => {
      starts.push(command.join(" "));
      return asUser(folder, seconds, command);
    };
    await save();
    const seenMachine = renewal(CONFIG, new FakeHost().clock, seen, account, files, NOTHING_LEFT);
    await seenMachine.endProcesses();
    await seenMachine.disarm();
    await seenMachine.restore();
    for (const part of [/kill -KILL -1/, /\brm -rf\b/, /^tar --extract/])
      assert.equal(starts.filter((one) => part.test(one)).length, 1, `${part}`);
  });

  it("removes what a job has protected from removal, which is no failure of the renewal", async () => {
    put("home/.config/systemd/user/docker.service", "the image's");
    await save();
    put("home/.ssh/folder/authorized_keys", "a job's");
    put("home/.config/systemd/user/planted.service", "a job's");
    for (const path of [".ssh/folder", ".ssh", ".config/systemd/user", ".config/systemd"]) chmodSync(join(home, path), 0o000);
    for (const path of [".config", "."]) chmodSync(join(home, path), 0o500);
    await renew();
    assert.ok(!there("home/.ssh"));
    assert.deepEqual(readdirSync(join(home, ".config/systemd/user")), ["docker.service"]);
  });

  it("opens nothing that a job's link leads to when it opens what it removes", async () => {
    await save();
    put("home/private", "", 0o000);
    mkdirSync(join(home, "elsewhere"));
    own(join(home, "elsewhere"));
    chmodSync(join(home, "elsewhere"), 0o000);
    symlinkSync("elsewhere", join(home, ".ssh"));
    symlinkSync("private", join(home, ".forward"));
    await renew();
    assert.ok(!there("home/.ssh") && !there("home/.forward"));
    for (const path of ["elsewhere", "private"]) assert.equal(statSync(join(home, path)).mode & 0o777, 0, path);
  });

  it("deletes nothing of root's by way of a link that a job put into its home", async function () {
    if (!ROOT) this.skip();
    await save();
    mkdirSync(join(root, "etc/systemd"), { recursive: true });
    writeFileSync(join(root, "etc/systemd/system.conf"), "root's");
    symlinkSync(join(root, "etc"), join(home, ".config"));
    own(join(home, ".config"));
    await assert.rejects(machine().disarm(), /Permission denied/);
    assert.equal(read("etc/systemd/system.conf"), "root's");
  });

  it("rejects on an instance that was installed without a copy of its runner, and changes nothing there", async () => {
    put("home/.ssh/authorized_keys", "the image's");
    for (const step of ["disarm", "restore"] as const)
      await assert.rejects(machine()[step](), /before the pool had warmPool.reuseOnScaleIn/);
    assert.equal(read("home/.ssh/authorized_keys"), "the image's");
    assert.equal(read("runner/config.sh"), "the installation's");
  });

  it("empties the folder of the performance log, whose content the next service would take for its own runner's", async () => {
    await save();
    for (const name of ["Runner.perf", "-rf", ".hidden", "..twice", "folder/inner"]) put(`perf/${name}`, "a job's");
    writeFileSync(Buffer.from(`${files.perfLog}/\xff`, "latin1"), "a name that is no UTF-8");
    writeFileSync(join(root, "kept"), "root's");
    symlinkSync(root, join(files.perfLog, "link"));
    await machine().restore();
    assert.deepEqual(readdirSync(files.perfLog), []);
    assert.equal(read("kept"), "root's");
  });

  it("rejects when a file system of a job's covers the performance log and cannot be unmounted", async () => {
    await save();
    writeFileSync(join(files.proc, "self/mountinfo"), `40 36 0:50 / ${files.perfLog} rw - fuse.planted planted rw\n`);
    await assert.rejects(machine().restore(), /umount|ENOENT/);
  });

  it("rejects when a file system of a job's cannot be unmounted, instead of following it", async () => {
    await save();
    const mounted = join(files.runner, "mounted");
    writeFileSync(join(files.proc, "self/mountinfo"), `40 36 0:50 / ${mounted} rw - fuse.planted planted rw\n`);
    await assert.rejects(machine().restore(), new RegExp(`umount.*${mounted}|ENOENT`));
    assert.equal(read("runner/config.sh"), "the installation's");
  });

  it("keeps its copy where only root can read or change it", async () => {
    await save();
    assert.equal(statSync(files.folder).mode & 0o777, 0o700);
    assert.deepEqual(
      Object.values(archives(files.folder)).map((path) => existsSync(path)),
      [true, true],
    );
    if (ROOT) assert.equal(statSync(files.folder).uid, 0);
  });

  it("ends lingering, cron jobs and at jobs of the job's user, and leaves those of others", async () => {
    for (const path of ["linger/runner", "crontabs/runner", "jobs/a0001"]) put(path, "");
    for (const path of ["linger/other", "crontabs/other", "jobs/a0002"]) writeFileSync(join(root, path), "");
    if (ROOT) chownSync(join(root, "jobs/a0002"), 0, 0);
    await save();
    await machine().disarm();
    for (const path of ["linger/runner", "crontabs/runner"]) assert.ok(!there(path), path);
    for (const path of ["linger/other", "crontabs/other"]) assert.ok(there(path), path);
    if (ROOT) assert.deepEqual(readdirSync(join(root, "jobs")), ["a0002"]);
  });

  it("does not count as done while a process survives, in the user's slice or elsewhere, or if nothing could be learned of it", async () => {
    await machine().endProcesses();
    await assert.rejects(machine({ ...NOTHING_LEFT, slice: async () => false }).endProcesses(), /slice of runnerUser runner survive/);
    for (const part of ["slice", "all"]) {
      const unknown = { ...NOTHING_LEFT, [part]: () => Promise.reject(new Error("no answer")) };
      await assert.rejects(machine(unknown).endProcesses(), /no answer/);
    }
  });

  it("does not count as done if the user lingers again at its end, or has a process", async () => {
    await machine().check();
    await assert.rejects(machine({ ...NOTHING_LEFT, left: () => [{ pid: 7, comm: "planted" }] }).check(), /planted \(7\)/);
    put("linger/runner", "");
    await assert.rejects(machine().check(), /runner lingers again/);
  });

  it("has nothing to disarm on a machine without cron, at or lingering users", async () => {
    for (const path of ["linger", "crontabs", "jobs"]) rmSync(join(root, path), { recursive: true });
    await save();
    await machine().disarm();
  });
});
