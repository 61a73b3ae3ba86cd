import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { HOST_PATHS } from "../../../contract/shared/host-paths";
import { checkCannotBecomeRoot } from "../../../host-config/shared/root-rights";

const CONFIG: Parameters<typeof checkCannotBecomeRoot>[0] = { runnerUser: "runner", jobsMayBecomeRoot: false };

const execute = promisify(execFile);
const UID = 61_001;
/** Users of the test's own /etc/passwd, each with one way to become root, or none. */
const USERS = ["plain", "asked", "cloud", "single", "never", "builder", "installer", "box"];
const GROUPS = { builders: ["builder"], staff: ["installer"], boxes: ["box"] };
const SUDOERS = `root ALL=(ALL) ALL
asked ALL=(ALL) ALL
cloud ALL=(ALL) NOPASSWD: ALL
single ALL=(root) NOPASSWD: /usr/bin/apt-get
Defaults:never !authenticate
never ALL=(ALL) ALL
%builders ALL=(ALL) NOPASSWD: ALL
`;

/** The real `id`, `setpriv` and `sudo`, in a mount namespace of their own with the test's users: the machine's stay as they are. */
describe("a job's user that can become root, by the system's own programs", () => {
  let folder: string;
  const servers: Server[] = [];

  const need = (condition: boolean, problem: string, test: Mocha.Context): void => {
    if (condition) return;
    assert.notEqual(process.env.CI_RUNNERS_REQUIRE_SYSTEMD, "1", problem);
    console.log(`    skipped: ${problem}`);
    test.skip();
  };

  before(function () {
    need(process.getuid!() === 0, "mount namespaces with other users need root", this);
    folder = mkdtempSync(join(tmpdir(), "ci-runners-users-"));
    // The users must be able to look into it.
    chmodSync(folder, 0o755);
    const put = (name: string, lines: string[], mode: number) => writeFileSync(join(folder, name), `${lines.join("\n")}\n`, { mode });
    put("passwd", ["root:x:0:0::/root:/bin/sh", ...USERS.map((user, at) => `${user}:x:${UID + at}:${UID + at}::/:/bin/sh`)], 0o644);
    const own = USERS.map((user, at) => `${user}:x:${UID + at}:`);
    const shared = Object.entries(GROUPS).map(([group, members], at) => `${group}:x:${UID + 100 + at}:${members.join()}`);
    put("group", ["root:x:0:", ...own, ...shared], 0o644);
    writeFileSync(join(folder, "sudoers"), SUDOERS);
    chmodSync(join(folder, "sudoers"), 0o440);
  });
  after(() => {
    for (const server of servers) server.close();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  const inNamespace = (file: string, args: string[], options: object) => {
    const binds = ["passwd", "group", "sudoers"].map((name) => `[ ! -e /etc/${name} ] || mount --bind ${folder}/${name} /etc/${name}`);
    return execute("unshare", ["--mount", "sh", "-euc", `${binds.join("\n")}\nexec "$@"`, "sh", file, ...args], options);
  };
  /** @param withoutSudo for what is decided before sudo is asked, on a machine without it */
  const check = (user: string, sockets: string[] = [], withoutSudo = false, more: Partial<typeof CONFIG> = {}, dockerSocket?: string) => {
    const run = (file: string, args: string[], options: object) =>
      withoutSudo && file === "sudo"
        ? Promise.reject(Object.assign(new Error("no sudo"), { code: "ENOENT" }))
        : inNamespace(file, args, options);
    return checkCannotBecomeRoot({ ...CONFIG, runnerUser: user, ...more }, run, sockets, dockerSocket);
  };
  const listen = async (name: string, mode: number, gid = 0): Promise<string> => {
    const path = join(folder, name);
    const server = createServer();
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(path, resolve));
    execFileSync("chown", [`0:${gid}`, path]);
    chmodSync(path, mode);
    return path;
  };

  it("is refused for rules of sudo as this machine's sudo prints them, and only for those without a password", async function () {
    const found = await execute("sudo", ["--version"]).then(
      () => true,
      () => false,
    );
    need(found, "sudo is missing; scripts/install-system-packages.sh installs it", this);
    for (const user of ["cloud", "single", "never", "builder"])
      await assert.rejects(check(user), new RegExp(`runnerUser ${user}: sudo asks this user for no password`), user);
    for (const user of ["plain", "asked"]) await check(user);
  });

  it("is refused in Debian's group staff, which writes the programs that root runs", async () => {
    await assert.rejects(check("installer", [], true), /runnerUser installer: a member of the group staff can become root/);
    await check("plain", [], true);
  });

  it("is refused where it can write to the socket of a container engine, whatever the socket's group is called", async () => {
    const open = await listen("open.sock", 0o666);
    const grouped = await listen("grouped.sock", 0o660, UID + 100 + Object.keys(GROUPS).indexOf("boxes"));
    const closed = await listen("closed.sock", 0o660);
    const absent = join(folder, "absent.sock");
    await assert.rejects(
      check("plain", [absent, closed, open], true),
      /who can write to .*open\.sock can become root; .*set jobsMayBecomeRoot/,
    );
    await assert.rejects(check("box", [closed, grouped], true), /grouped\.sock can become root/);
    await check("plain", [absent, closed, grouped], true);
    await check("plain", [open], true, { jobsMayBecomeRoot: true });
    // A folder that the user may not enter protects what is in it.
    mkdirSync(join(folder, "private"), { mode: 0o700 });
    await check("plain", [await listen("private/open.sock", 0o666)], true);
  });

  it("may write to Docker's socket if that is root's link to the user's own engine, and to nothing else in its place", async () => {
    const own = await listen("own.sock", 0o666);
    const link = (name: string, target: string) => {
      symlinkSync(target, join(folder, name));
      return join(folder, name);
    };
    const rootless = { docker: "rootless" } as const;
    const toEngine = link("to-engine.sock", HOST_PATHS.engineSocket);
    await check("plain", [toEngine], true, rootless, toEngine);
    const elsewhere = link("elsewhere.sock", own);
    await assert.rejects(check("plain", [elsewhere], true, rootless, elsewhere), /elsewhere\.sock can become root; .*set docker to root/);
    await assert.rejects(check("plain", [own], true, rootless, own), /own\.sock can become root/);
  });

  it("is not assumed harmless if its access cannot be checked", async () => {
    await assert.rejects(check("nobody-of-that-name", ["/run/docker.sock"], true));
  });
});
