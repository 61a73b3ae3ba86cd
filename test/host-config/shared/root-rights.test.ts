import assert from "node:assert/strict";
import { lchownSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HOST_PATHS } from "../../../contract/shared/host-paths";
import { checkCannotBecomeRoot } from "../../../host-config/shared/root-rights";

const CONFIG: Parameters<typeof checkCannotBecomeRoot>[0] = { runnerUser: "runner", jobsMayBecomeRoot: false };

/** As sudo prints them in the C locale. */
const RULES = {
  none: "User runner is not allowed to run sudo on ip-10-0-0-1.\n",
  withPassword: "User runner may run the following commands on ip-10-0-0-1:\n    (ALL : ALL) ALL\n",
  withoutPassword: "User ubuntu may run the following commands on ip-10-0-0-1:\n    (ALL : ALL) ALL\n    (ALL) NOPASSWD: ALL\n",
  oneCommand: "User ci may run the following commands on ip-10-0-0-1:\n    (root) NOPASSWD: /usr/bin/apt-get\n",
  neverAsked:
    "Matching Defaults entries for ci on ip-10-0-0-1:\n    env_reset, !authenticate\n\nUser ci may run the following commands on ip-10-0-0-1:\n    (ALL) ALL\n",
};

/** @param rules what sudo prints, or the error of a machine on which it cannot run */
function check(groups: string, rules: string | object = RULES.none, config: Partial<typeof CONFIG> = {}, writable = "none"): Promise<void> {
  return checkCannotBecomeRoot({ ...CONFIG, ...config }, async (file, args) => {
    if (file === "setpriv") return { stdout: `${args.includes(writable) ? `${writable}\n` : ""}checked\n` };
    if (file === "id") return { stdout: `${groups}\n` };
    assert.deepEqual([file, ...args], ["sudo", "-n", "-l", "-U", config.runnerUser ?? "runner"]);
    if (typeof rules === "string") return { stdout: rules };
    throw rules;
  });
}

describe("a job's user that can become root", () => {
  it("is refused by its groups, or its jobs could read the instance's credentials", async () => {
    const dangerous = [
      "docker",
      "lxd",
      "incus-admin",
      "libvirt",
      "sudo",
      "wheel",
      "admin",
      "disk",
      "shadow",
      "kmem",
      "root",
      "staff",
      "microk8s",
      "snap_microk8s",
    ];
    for (const group of dangerous)
      await assert.rejects(check(`runner ${group} users`), new RegExp(`runnerUser runner: .*group ${group} can`));
    await check("runner users adm cdrom dialout systemd-journal");
  });

  it("is refused by sudo's rules, wherever they are written", async () => {
    for (const rules of [RULES.withoutPassword, RULES.oneCommand, RULES.neverAsked])
      await assert.rejects(check("ci", rules, { runnerUser: "ci" }), /runnerUser ci: sudo asks .*set jobsMayBecomeRoot/);
    for (const rules of [RULES.none, RULES.withPassword]) await check("runner", rules);
  });

  it("is refused by rules that sudo prints before it fails, and is not one where sudo is missing", async () => {
    await check("runner", Object.assign(new Error("spawn sudo ENOENT"), { code: "ENOENT" }));
    await check("runner", Object.assign(new Error("exit 1"), { code: 1, killed: false, stdout: RULES.none }));
    await assert.rejects(
      check("runner", Object.assign(new Error("exit 1"), { code: 1, killed: false, stdout: RULES.oneCommand })),
      /sudo asks/,
    );
  });

  it("is not assumed harmless when sudo does not answer", async () => {
    await assert.rejects(check("runner", Object.assign(new Error("timed out"), { code: null, killed: true })), /timed out/);
  });

  it("is accepted in the group docker where jobs may use Docker, also by a second installation", async () => {
    await check("runner docker", RULES.none, { docker: "root" });
    await assert.rejects(check("runner docker", RULES.none), /set docker to root/);
    await assert.rejects(check("runner docker sudo", RULES.none, { docker: "root" }), /group sudo .*jobsMayBecomeRoot/);
  });

  it("may write to Docker's socket where jobs may use Docker, but to no other engine's", async () => {
    const docker = "/run/docker.sock";
    await assert.rejects(check("runner", RULES.none, {}, docker), /write to \/run\/docker\.sock can become root.*set docker to root/);
    await check("runner docker", RULES.none, { docker: "root" }, docker);
    const containerd = "/run/containerd/containerd.sock";
    await assert.rejects(check("runner docker", RULES.none, { docker: "root" }, containerd), /set jobsMayBecomeRoot/);
  });

  it("may not write to it through a link that is not root's, whose owner could point it at root's engine later", async function () {
    if (process.getuid!() !== 0) return this.skip();
    const folder = mkdtempSync(join(tmpdir(), "docker-link-"));
    try {
      const path = join(folder, "docker.sock");
      symlinkSync(HOST_PATHS.engineSocket, path);
      /** The user may write to whatever is asked about. */
      const run = async (file: string, args: string[]) => {
        const asked = args.includes(path) ? `${path}\n` : "";
        return { stdout: file === "setpriv" ? `${asked}checked\n` : file === "id" ? "runner\n" : RULES.none };
      };
      const rootless = { ...CONFIG, docker: "rootless" } as const;
      await checkCannotBecomeRoot(rootless, run, [path], path);
      lchownSync(path, 61_001, 61_001);
      await assert.rejects(checkCannotBecomeRoot(rootless, run, [path], path), /docker\.sock can become root/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("is accepted with the option that says so", async () => {
    await check("ubuntu sudo lxd", RULES.withoutPassword, { jobsMayBecomeRoot: true });
  });
});
