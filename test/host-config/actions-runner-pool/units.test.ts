import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { PATHS, UNITS, type HostConfig } from "../../../contract/actions-runner-pool/host";
import { HOST_UNITS } from "../../../contract/shared/host-units";
import { denySchedulers } from "../../../host-config/shared/deny-schedulers";
import { runnerUnit } from "../../../host-config/actions-runner-pool/units/runner-unit";
import { renderFiles } from "../../../host-config/actions-runner-pool/units/render";
import { CONFIG } from "./fake-host";

const FACTS = { runnerGroup: "runner", runnerUid: 1001, authorities: "/etc/ssl/certs/ca-certificates.crt" };
const rendered = (config: HostConfig = CONFIG) => new Map(renderFiles(config, FACTS).map((file) => [file.path, file]));
const unitText = (name: string, config?: HostConfig) => rendered(config).get(`/etc/systemd/system/${name}`)!.content;
const setting = (text: string, name: string) => [...text.matchAll(new RegExp(`^${name}=(.*)$`, "gm"))].map((match) => match[1]);

describe("the runner's Node.js", () => {
  it("trusts private authorities where the pool has some, or every JavaScript action would fail at an Enterprise Server", () => {
    const trusted = (config: HostConfig) => setting(runnerUnit(config), "Environment").filter((one) => one?.startsWith("NODE_EXTRA"));
    assert.deepEqual(trusted({ ...CONFIG, privateAuthorities: true }), [`NODE_EXTRA_CA_CERTS=${PATHS.authorities}`]);
    assert.deepEqual(trusted(CONFIG), []);
  });
});

describe("the rendered units", () => {
  let root: string;
  beforeEach(() => (root = mkdtempSync(join(tmpdir(), "units-"))));
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  for (const [title, change] of Object.entries<Partial<HostConfig>>({
    "by default": {},
    "with the instance role for jobs": { jobsMayUseInstanceRole: true },
    "with private authorities": { privateAuthorities: true },
    "with the longest drain and an odd pool name": { drainDeadline: 172_800, pool: "a 100% pool-1" },
  })) {
    it(`pass systemd-analyze verify without a complaint, ${title}`, () => {
      const files = [...renderFiles({ ...CONFIG, ...change }, FACTS)];
      const moved = (text: string) =>
        text.replaceAll(PATHS.home, `${root}${PATHS.home}`).replaceAll(`${PATHS.runner}/runsvc.sh`, `${root}/runsvc.sh`);
      const put = (path: string, content: string) => {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, content, { mode: path.includes("/units/") ? 0o644 : 0o755 });
      };
      for (const program of [
        PATHS.node,
        PATHS.agent,
        ...["stop-again", "end-service", "after-stop"].map((name) => `${PATHS.home}/${name}.sh`),
      ])
        put(join(root, program), "");
      put(join(root, "runsvc.sh"), "");
      const units = files.filter(({ path }) => /\/system\/[^/]+$/.test(path));
      assert.equal(units.length, Object.keys(UNITS).length);
      const paths = units.map(({ path, content }) => {
        const target = join(root, "units", path.split("/").pop()!);
        // Replace the job's user by one that exists on every machine.
        put(target, moved(content).replace(/^User=.*$/m, "User=daemon"));
        return target;
      });
      const result = spawnSync("systemd-analyze", ["verify", "--man=no", ...paths], { encoding: "utf8" });
      // systemd also checks the machine's own units; only complaints about ours count.
      const complaints = result.stderr.split("\n").filter((line) => line.includes(root) || /runner-|actions-runner/.test(line));
      assert.deepEqual(complaints, []);
    });
  }

  it("fail systemd-analyze verify with an unknown setting, so the check above can fail", () => {
    const path = join(root, "x.service");
    writeFileSync(path, `${runnerUnit(CONFIG)}NoSuchSetting=1\n`);
    const result = spawnSync("systemd-analyze", ["verify", "--man=no", path], { encoding: "utf8" });
    assert.match(result.stderr, /NoSuchSetting/);
  });

  it("let a stop last as long as the whole drain and never let systemd kill a job by itself", () => {
    const text = unitText(UNITS.runner);
    assert.ok(Number(setting(text, "TimeoutStopSec")[0]) > CONFIG.drainDeadline + 35 + 30);
    assert.deepEqual(setting(text, "KillMode"), ["process"]);
    assert.deepEqual(setting(text, "TasksMax"), ["infinity"], "a job that has used up the unit's tasks would leave none for the drain");
    assert.deepEqual(
      setting(text, "OOMPolicy"),
      ["continue"],
      "otherwise the OOM killer stops the unit without a drain because of one step of a job",
    );
    assert.deepEqual(setting(text, "TimeoutStartSec"), ["infinity"]);
    assert.match(setting(text, "ExecStop")[0]!, /^-\+.* drain$/);
    assert.deepEqual(
      setting(text, "ExecStop").slice(1),
      [`-+${PATHS.home}/stop-again.sh`, `-+${PATHS.home}/end-service.sh`],
      "the service is ended last",
    );
    assert.deepEqual(setting(text, "Restart"), ["always"]);
    assert.ok(!text.includes("[Install]"), "the agent starts it, it does not start at boot");
  });

  it("keep jobs from the instance's credentials unless jobsMayUseInstanceRole is set", () => {
    assert.deepEqual(setting(unitText(UNITS.runner), "IPAddressDeny"), ["169.254.169.254 fd00:ec2::254"]);
    assert.deepEqual(setting(unitText(UNITS.runner, { ...CONFIG, jobsMayUseInstanceRole: true }), "IPAddressDeny"), []);
  });

  it("also keep processes of the job's user outside the unit from the credentials, unless jobsMayUseInstanceRole is set", () => {
    const path = "/etc/systemd/system/user-1001.slice.d/ci-runners.conf";
    assert.deepEqual(setting(rendered().get(path)!.content, "IPAddressDeny"), ["169.254.169.254 fd00:ec2::254"]);
    assert.equal(rendered({ ...CONFIG, jobsMayUseInstanceRole: true }).get(path), undefined);
  });

  it("give the job's user a small separate file system below /run, without which the runner still starts", () => {
    const mount = unitText(UNITS.perfLog);
    assert.equal(execFileSync("systemd-escape", ["--path", "--suffix=mount", PATHS.perfLog], { encoding: "utf8" }).trim(), UNITS.perfLog);
    assert.deepEqual(setting(mount, "Where"), [PATHS.perfLog]);
    for (const option of ["size=64m", "nr_inodes=64", `uid=${FACTS.runnerUid}`, "nosuid", "nodev", "noexec"])
      assert.ok(setting(mount, "Options")[0]!.split(",").includes(option), option);
    const runner = unitText(UNITS.runner);
    for (const relation of ["After", "Wants"]) assert.ok(setting(runner, relation)[0]!.split(" ").includes(UNITS.perfLog), relation);
    assert.deepEqual(setting(runner, "Requires"), []);
  });

  it("give the listener's log a small file system of its own, because the job's user owns the programs that write it", () => {
    const mount = unitText(UNITS.listenerLog);
    const escaped = execFileSync("systemd-escape", ["--path", "--suffix=mount", PATHS.listenerLogFolder], { encoding: "utf8" });
    assert.equal(escaped.trim(), UNITS.listenerLog);
    assert.equal(dirname(PATHS.listenerLog), PATHS.listenerLogFolder);
    assert.deepEqual(setting(mount, "Where"), [PATHS.listenerLogFolder]);
    const options = setting(mount, "Options")[0]!.split(",");
    for (const option of ["size=16m", "nr_inodes=16", "nosuid", "nodev", "noexec"]) assert.ok(options.includes(option), option);
    assert.ok(!options.some((option) => option.startsWith("uid=")), "only root may create a file there");
    const runner = unitText(UNITS.runner);
    assert.deepEqual(setting(runner, "StandardOutput"), [`append:${PATHS.listenerLog}`]);
    for (const relation of ["After", "Wants"]) assert.ok(setting(runner, relation)[0]!.split(" ").includes(UNITS.listenerLog), relation);
    // Without the folder no command of the unit could open its standard output, not even the drain.
    const folders = rendered().get("/etc/tmpfiles.d/ci-runners.conf")!.content;
    assert.match(folders, new RegExp(`^d ${PATHS.listenerLogFolder} 0755 root root -$`, "m"));
  });

  it("run none of root's commands in, from or through a folder of the job's user, who can close it to root with FUSE", () => {
    const text = unitText(UNITS.runner);
    // systemd changes to such a folder, or sets it up, for every command of the unit, and starts none if it cannot.
    for (const name of [
      "WorkingDirectory",
      "RootDirectory",
      "RootImage",
      "BindPaths",
      "EnvironmentFile",
      "ReadWritePaths",
      "RequiresMountsFor",
    ])
      assert.deepEqual(setting(text, name), [], name);
    const owned = [PATHS.runner, PATHS.perfLog, "/home"];
    for (const name of ["ExecStartPre", "ExecStop", "ExecStopPost", "StandardOutput"]) {
      const lines = setting(text, name);
      assert.ok(lines.length > 0, name);
      for (const line of lines) assert.ok(!owned.some((folder) => line!.includes(folder)), line);
    }
    const lines = text.split("\n").filter((line) => line.includes(PATHS.runner));
    assert.deepEqual(lines, [`ExecStart=/usr/bin/env --chdir=${PATHS.runner} ${PATHS.runner}/runsvc.sh`], "the only place that needs it");
  });

  it("deny cron and at to the job's user only", () => {
    writeFileSync(join(root, "at.deny"), "daemon\nmail");
    for (let n = 0; n < 2; n++) denySchedulers("runner", root);
    assert.equal(readFileSync(join(root, "at.deny"), "utf8"), "daemon\nmail\nrunner\n");
    assert.equal(readFileSync(join(root, "cron.deny"), "utf8"), "runner\n");
    rmSync(join(root, "at.deny"));
    denySchedulers("runner", root);
    assert.ok(!existsSync(join(root, "at.deny")), "without the file only root may use at");
  });

  it("keep the heartbeat and the completion working while the machine shuts down", () => {
    for (const name of [UNITS.heartbeat, UNITS.heartbeatTimer, UNITS.complete]) {
      const text = unitText(name);
      assert.deepEqual(setting(text, "DefaultDependencies"), ["no"], name);
      assert.deepEqual(setting(text, "After"), [], `${name} would wait for the stop of what it is ordered after`);
    }
    for (const target of ["reboot", "poweroff", "halt", "kexec", "soft-reboot"]) {
      const timeout = Number(setting(unitText(`${target}.target.d/ci-runners.conf`), "JobTimeoutSec")[0]);
      assert.ok(timeout > CONFIG.drainDeadline, `${target}.target would be forced after 30 min`);
    }
  });

  it("cover every target that this machine's systemd would force after a time", () => {
    const folder = "/usr/lib/systemd/system";
    const forced = readdirSync(folder).filter(
      (name) => name.endsWith(".target") && /^JobTimeoutAction=/m.test(readFileSync(join(folder, name), "utf8")),
    );
    const names = new Set(forced.map((name) => basename(realpathSync(join(folder, name)))));
    assert.ok(names.has("reboot.target"), "systemd is not where this test looks");
    assert.deepEqual(
      [...names].filter((name) => !rendered().has(`/etc/systemd/system/${name}.d/ci-runners.conf`)),
      [],
    );
  });

  it("never make a restart of the agent wait for a drain", () => {
    const ordered = [...setting(unitText(UNITS.agent), "Before"), ...setting(unitText(UNITS.agentSocket), "Before")];
    assert.deepEqual(ordered, []);
    assert.ok(!/runner-agent/.test(setting(unitText(UNITS.runner), "After").join(" ")));
  });

  it("run the heartbeat at exact intervals and with a timeout", () => {
    const timer = unitText(UNITS.heartbeatTimer);
    assert.deepEqual(setting(timer, "AccuracySec"), ["1s"]);
    assert.deepEqual(setting(timer, "OnUnitActiveSec"), [String(CONFIG.heartbeatInterval)]);
    assert.deepEqual(setting(timer, "Before"), [UNITS.runner], "keeps the runner's unit and its history loaded in systemd");
    assert.deepEqual(
      setting(unitText(UNITS.heartbeat), "Restart"),
      ["on-failure"],
      "otherwise a failed heartbeat is repeated only an interval later",
    );
    assert.deepEqual(setting(unitText(UNITS.heartbeat), "StartLimitIntervalSec"), ["0"], "no number of failures may stop the heartbeats");
    assert.ok(
      Number(setting(unitText(UNITS.heartbeat), "TimeoutStartSec")[0]) < 300,
      "systemd sets no timeout for oneshot units by default",
    );
    assert.ok(Number(setting(unitText(UNITS.complete), "TimeoutStartSec")[0]) > CONFIG.drainDeadline);
  });

  it("let only root and the job's group connect to the agent", () => {
    assert.deepEqual(setting(unitText(UNITS.agentSocket), "SocketMode"), ["0660"]);
    assert.deepEqual(setting(unitText(UNITS.agentSocket), "SocketGroup"), ["runner"]);
  });

  it("keep needrestart from restarting any of our units: apt would wait for a drain, or a job's containers end", () => {
    const text = rendered().get("/etc/needrestart/conf.d/ci-runners.conf")!.content;
    for (const unit of [...Object.values(UNITS), ...Object.values(HOST_UNITS)]) {
      const patterns = [...text.matchAll(/qr\((.*)\)\} = 0;/g)].map((match) => new RegExp(match[1]!));
      assert.ok(
        patterns.some((pattern) => pattern.test(unit)),
        unit,
      );
    }
    execFileSync("perl", ["-ce", `my %nrconf; ${text}`], { stdio: "pipe" });
  });

  it("keep unattended upgrades from restarting a container engine under a job", () => {
    const needrestart = rendered().get("/etc/needrestart/conf.d/ci-runners.conf")!.content;
    for (const service of ["docker.service", "containerd.service", "podman.service", "snap.docker.dockerd.service"]) {
      const patterns = [...needrestart.matchAll(/qr\((.*)\)\} = 0;/g)].map((match) => new RegExp(match[1]!));
      assert.ok(
        patterns.some((pattern) => pattern.test(service)),
        service,
      );
    }
    // As apt reads it, and unattended-upgrades from apt: names that begin with a pattern are not upgraded.
    const root = mkdtempSync(join(tmpdir(), "apt-"));
    try {
      writeFileSync(join(root, "apt.conf"), rendered().get("/etc/apt/apt.conf.d/90ci-runners")!.content);
      const dump = execFileSync("apt-config", ["dump", "Unattended-Upgrade::Package-Blacklist"], {
        encoding: "utf8",
        env: { ...process.env, APT_CONFIG: join(root, "apt.conf") },
      });
      const patterns = [...dump.matchAll(/Blacklist:: "(.*)";/g)].map((match) => new RegExp(match[1]!));
      for (const name of ["docker.io", "docker-ce", "docker-ce-cli", "containerd", "containerd.io", "runc", "moby-engine", "podman"]) {
        assert.ok(
          patterns.some((pattern) => pattern.test(name)),
          name,
        );
      }
      assert.ok(!patterns.some((pattern) => pattern.test("openssl")));
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });
});

describe("the shell scripts", () => {
  it("pass shellcheck, both the rendered ones and install.sh", () => {
    const hooks = { userJobStartedHook: "/opt/it's here.sh", userJobCompletedHook: "/opt/done" };
    const scripts = [CONFIG, { ...CONFIG, ...hooks }].flatMap((config) => renderFiles(config, FACTS).filter(({ mode }) => mode === 0o755));
    assert.ok(scripts.length >= 8);
    for (const script of scripts) execFileSync("shellcheck", ["-"], { input: script.content });
    const root = join(__dirname, "../../..");
    const installers = ["actions-runner-pool/install.sh", "shared/install-runner.sh"].map((file) => join("host-config", file));
    execFileSync("shellcheck", ["--external-sources", ...installers], { cwd: root });
  });
});
