import assert from "node:assert/strict";
import { lchownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { checkCanReturn } from "../../../host-config/actions-runner-pool/agent/can-return";

const UID = process.getuid!();

describe("the installation of a pool that takes instances back", () => {
  let root: string;
  let files: { linger: string; runner: string; proc: string; passwd: string; subordinates: string };
  let home: string;
  let services: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "can-return-"));
    home = join(root, "home");
    files = {
      linger: join(root, "linger"),
      runner: join(root, "runner"),
      proc: join(root, "proc"),
      passwd: join(root, "passwd"),
      subordinates: join(root, "subuid"),
    };
    for (const folder of [home, files.linger, files.runner, join(files.proc, "self")]) mkdirSync(folder, { recursive: true });
    mounted("/");
    writeFileSync(
      files.passwd,
      `root:x:${UID === 0 ? 9 : 0}:0::/root:/bin/sh\nmessagebus:x:101:102::/:/bin/false\nrunner:x:${UID}:1::/h:/bin/sh\n`,
    );
    services = unit("ssh.service", "", "enabled");
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const check = (user = "runner", uid = UID) => checkCanReturn(user, { uid, gid: 1, home }, files, async () => services);
  const unit = (id: string, user: string, state: string) => `UnitFileState=${state}\nId=${id}\nUser=${user}\n`;
  const mounted = (at: string) => writeFileSync(join(files.proc, "self/mountinfo"), `36 35 98:0 / ${at} rw - xfs /dev/nvme1n1 rw\n`);
  function put(path: string): void {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), "");
  }

  it("is refused for a user that lingers, whose manager would start a job's programs without a job", async () => {
    put("linger/runner");
    await check("other");
    await assert.rejects(check(), /runnerUser runner: lingers .*disable-linger runner.*reuseOnScaleIn/);
  });

  for (const folder of ["", "/_work", "/_work/my caches"]) {
    it(`is refused where something is mounted at the runner's ${folder || "folder"}, which could not be moved`, async () => {
      mounted(`${files.runner}${folder}`.replaceAll(" ", "\\040"));
      await assert.rejects(
        check(),
        ({ message }: Error) => message.startsWith(`${files.runner}${folder}: is a mount point`) && /reuseOnScaleIn/.test(message),
      );
      mounted(`${files.runner}-other`);
      await check();
    });
  }

  it("is refused where the work folder is a link, whose deletion would free no space", async () => {
    mkdirSync(join(root, "elsewhere"));
    mkdirSync(join(files.runner, "_work"));
    await check();
    rmSync(join(files.runner, "_work"), { recursive: true });
    symlinkSync(join(root, "elsewhere"), join(files.runner, "_work"));
    await assert.rejects(check(), /_work: is a link.*reuseOnScaleIn/);
  });

  for (const foreign of [".ssh", ".ssh/authorized_keys", ".config", "."]) {
    it(`is refused where ${foreign} in the home is another user's, so that no return could replace what is there`, async function () {
      if (UID !== 0) return this.skip();
      put("home/.ssh/authorized_keys");
      put("home/.config/systemd/user/docker.service");
      await check();
      lchownSync(join(home, foreign), 65_534, 65_534);
      await assert.rejects(check(), ({ message }: Error) =>
        message.startsWith(`${join(home, foreign)}: does not belong to runnerUser runner`),
      );
    });
  }

  it("accepts what is another user's in the home where no return replaces anything", async function () {
    if (UID !== 0) return this.skip();
    put("home/.config/htop/htoprc");
    lchownSync(join(home, ".config"), 65_534, 65_534);
    await check();
  });

  it("is refused where the user's subordinate uids are those of other users, whose processes each return would kill", async () => {
    writeFileSync(files.subordinates, `runner:100000:65536\nother:1:65535\nrunner:100:1\nrunner:${UID}:1\n`);
    await check();
    writeFileSync(files.subordinates, "runner:100000:65536\nrunner:100:2\n");
    await assert.rejects(check(), /subuid: runner:100:2 contains uid 101, of the user messagebus.*100000:65536.*reuseOnScaleIn/);
    writeFileSync(files.subordinates, "runner:102:65433\n");
    await check();
  });

  for (const user of ["runner", `${UID}`]) {
    it(`is refused where an enabled service runs as that user (User=${user}), which each return would kill`, async () => {
      services = [services, unit("metrics@1.service", user, "enabled-runtime")].join("\n");
      await assert.rejects(check(), /metrics@1.service: runs as runnerUser runner.*reuseOnScaleIn/);
    });
  }

  it("accepts services of that user that do not start by themselves, and the runner's own", async () => {
    services = [
      unit("user@1001.service", "runner", "static"),
      unit("unused.service", "runner", "disabled"),
      unit("actions-runner.service", "runner", "enabled"),
      unit("other.service", "runner2", "enabled"),
    ].join("\n");
    await check();
  });

  it("fails where systemd does not say which services run", async () => {
    const silent = () => Promise.reject(new Error("timed out"));
    await assert.rejects(checkCanReturn("runner", { uid: UID, gid: 1, home }, files, silent), /timed out/);
  });
});
