import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { FORCE_OFF_AFTER, type PersistentHostConfig, PERSISTENT_PATHS, PERSISTENT_UNITS } from "../../../contract/persistent-runner/host";
import { ENDED_MS } from "../../../host-config/persistent-runner/agent/ended";
import { RUN_LOGS_MS } from "../../../host-config/persistent-runner/agent/run-logs";
import { completedHook, startedHook } from "../../../host-config/persistent-runner/units/hooks";
import { REPORT_SECONDS } from "../../../host-config/persistent-runner/units/report-unit";
import { enabledUnits, renderFiles } from "../../../host-config/persistent-runner/units/render";
import { SYSTEMCTL_MS } from "../../../host-config/shared/systemctl";
import type { UnitFacts } from "../../../host-config/shared/rendered-file";
import { CONFIG } from "./fixtures";

const FACTS: UnitFacts = {
  user: "runner",
  uid: 1001,
  group: "runner",
  runnerUnit: PERSISTENT_UNITS.runner,
  agent: `${PERSISTENT_PATHS.node} ${PERSISTENT_PATHS.agent}`,
  metadataDenied: true,
};
const rendered = (config: PersistentHostConfig = CONFIG, facts = FACTS) =>
  new Map(renderFiles(config, facts).map((file) => [file.path, file]));
const unitText = (name: string, config?: PersistentHostConfig) => rendered(config).get(`/etc/systemd/system/${name}`)!.content;
const setting = (text: string, name: string) => [...text.matchAll(new RegExp(`^${name}=(.*)$`, "gm"))].map((match) => match[1]!);
const SERVICE = { ...CONFIG, registration: "service" as const };

describe("the units of a persistent machine", () => {
  it("are accepted by systemd, which ignores what it does not know", function () {
    if (spawnSync("systemd-analyze", ["--version"]).status !== 0) this.skip();
    const root = mkdtempSync(join(tmpdir(), "units-"));
    try {
      for (const config of [CONFIG, SERVICE]) {
        const units = renderFiles(config, FACTS).filter(({ path }) => /\/system\/[^/]+\.(service|timer)$/.test(path));
        for (const { path, content } of units) {
          // The programs are not on this machine.
          writeFileSync(join(root, basename(path)), content.replaceAll(/^(Exec\w+=[-+]*)\/opt\/\S+/gm, "$1/bin/true"));
        }
        const verify = ["verify", "--man=no", "--recursive-errors=no", ...units.map(({ path }) => join(root, basename(path)))];
        const { stderr, stdout } = spawnSync("systemd-analyze", verify, {
          encoding: "utf8",
          env: { ...process.env, SYSTEMD_UNIT_PATH: `${root}:` },
        });
        const complaints = `${stdout}${stderr}`
          .split("\n")
          .filter((line) => line.includes(root) && !/is marked (world|executable)/.test(line));
        assert.deepEqual(complaints, []);
      }
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });

  it("that switch the machine off keep working in a shutdown, and none is a minute late", () => {
    const services = [PERSISTENT_UNITS.failsafeService, PERSISTENT_UNITS.powerOff, PERSISTENT_UNITS.forceOffService];
    for (const name of [...services, PERSISTENT_UNITS.failsafe, PERSISTENT_UNITS.forceOff])
      assert.deepEqual(setting(unitText(name), "DefaultDependencies"), ["no"], name);
    for (const name of services) assert.deepEqual(setting(unitText(name), "FailureAction"), ["poweroff-force"], name);
    for (const name of [PERSISTENT_UNITS.forceOff, PERSISTENT_UNITS.failsafe, PERSISTENT_UNITS.idleTimer])
      assert.deepEqual(setting(unitText(name), "AccuracySec"), ["1s"], name);
    assert.deepEqual(setting(unitText(PERSISTENT_UNITS.failsafe), "OnBootSec"), ["7200"]);
    assert.deepEqual(setting(unitText(PERSISTENT_UNITS.forceOff), "OnActiveSec"), [`${FORCE_OFF_AFTER}`]);
  });

  it("switch the machine off for a boot that fails, and start at each boot", () => {
    assert.deepEqual(setting(unitText(PERSISTENT_UNITS.boot), "OnFailure"), [PERSISTENT_UNITS.powerOff]);
    for (const unit of [PERSISTENT_UNITS.boot, PERSISTENT_UNITS.failsafe, PERSISTENT_UNITS.idleTimer]) {
      assert.ok(enabledUnits(CONFIG).includes(unit), unit);
      assert.match(unitText(unit), /\[Install\]\nWantedBy=/);
    }
    assert.ok(!enabledUnits(CONFIG).includes(PERSISTENT_UNITS.runner), "the boot starts the runner");
  });

  it("need no agent to switch the machine off", () => {
    for (const name of [PERSISTENT_UNITS.failsafeService, PERSISTENT_UNITS.powerOff, PERSISTENT_UNITS.forceOffService])
      assert.ok(!unitText(name).includes("/opt/"), name);
  });

  it("run one job with its configuration from a file of root's, and several without any", () => {
    const [jit, service] = [unitText(PERSISTENT_UNITS.runner), unitText(PERSISTENT_UNITS.runner, SERVICE)];
    assert.deepEqual(setting(jit, "EnvironmentFile"), [`-${PERSISTENT_PATHS.runnerEnvironment}`], "it is gone when the stop commands run");
    assert.deepEqual([setting(jit, "Restart"), setting(service, "Restart")], [["no"], ["always"]]);
    assert.deepEqual([setting(jit, "ExecStop"), setting(service, "EnvironmentFile")], [[], []]);
    assert.match(setting(service, "ExecStop")[0]!, /^-\+\S+ \S+ drain$/);
    assert.deepEqual(setting(service, "TimeoutStopSec"), ["7200"], "a drain waits for the job");
    const bound = Number(setting(jit, "TimeoutStopSec")[0]);
    assert.ok(bound < FORCE_OFF_AFTER, "the job's end is reported before the power is cut");
    assert.ok(ENDED_MS + SYSTEMCTL_MS < bound * 1000, "systemd would end the command that switches the machine off");
    assert.ok(REPORT_SECONDS * 1000 + RUN_LOGS_MS < ENDED_MS);
    assert.deepEqual(setting(unitText(PERSISTENT_UNITS.report), "TimeoutStartSec"), [`${REPORT_SECONDS}`]);
  });

  it("keep jobs from the instance's role, wherever they run, unless they may use it", () => {
    const slice = "user-1001.slice.d/ci-runners.conf";
    assert.match(setting(unitText(PERSISTENT_UNITS.runner), "IPAddressDeny")[0]!, /169\.254\.169\.254/);
    assert.match(setting(unitText(slice), "IPAddressDeny")[0]!, /169\.254\.169\.254/);
    const report = unitText(PERSISTENT_UNITS.report);
    assert.deepEqual(
      setting(report, "IPAddressDeny"),
      [],
      "the command after the runner's end is denied it, too, so the report is a unit of its own",
    );
    const open = rendered({ ...CONFIG, jobsMayUseInstanceRole: true }, { ...FACTS, metadataDenied: false });
    assert.ok(![...open.values()].some(({ content }) => content.includes("IPAddressDeny=1")));
  });

  it("have the job's variables, and the private authorities where there are some", () => {
    const text = unitText(PERSISTENT_UNITS.runner, { ...CONFIG, jobEnvironment: { TEAM: 'a "b" 5%' }, authorities: "PEM\n" });
    assert.ok(setting(text, "Environment").includes('"TEAM=a \\"b\\" 5%%"'), text);
    assert.ok(setting(text, "Environment").includes(`NODE_EXTRA_CA_CERTS=${PERSISTENT_PATHS.authorities}`));
  });
});

describe("the job hooks of a persistent machine", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "hooks-"));
    writeFileSync(join(root, "holder"), "acme/app#1234#2\n");
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  /** Under a process of the worker's name, as the runner has it: that one ends by the hook, or goes on after it. */
  const run = (activity: string, text = startedHook(), run = "1234") => {
    const paths = { [PERSISTENT_PATHS.activity]: activity, [PERSISTENT_PATHS.holder]: join(root, "holder") };
    const hook = Object.entries(paths).reduce((script, [path, other]) => script.replaceAll(path, other), text);
    writeFileSync(join(root, "hook.sh"), hook.replace(/^ {2}sleep .*$/m, ""));
    const worker = join(root, "Runner.Worker");
    writeFileSync(worker, `#!/bin/bash\nbash -e ${join(root, "hook.sh")} || { touch ${root}/failed; exit 90; }\ntouch ${root}/went-on\n`, {
      mode: 0o755,
    });
    const env = { PATH: process.env.PATH, GITHUB_REPOSITORY: "acme/app", GITHUB_RUN_ID: run, GITHUB_RUN_ATTEMPT: "2" };
    return spawnSync(worker, { env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], cwd: root });
  };

  it("note the run", () => {
    for (const text of [startedHook(), completedHook()]) {
      const { status, stdout, stderr } = run(join(root, "activity"), text);
      assert.deepEqual([status, stdout, stderr], [0, "", ""]);
      assert.equal(readFileSync(join(root, "activity"), "utf8"), "acme/app#1234#2\n");
    }
  });

  for (const [what, path] of [
    ["the disk is full", "/dev/full"],
    ["the folder is gone", "/nonexistent/activity"],
  ] as const) {
    it(`fail no job because ${what}`, () => {
      const { status, stdout, stderr } = run(path);
      assert.deepEqual([status, stdout, stderr], [0, "", ""]);
    });
  }

  it("fail no job because the clean-up does, or ends the shell", () => {
    for (const cleanUp of ["  false\n  touch after\n", "  exit 3\n", "  no-such-program\n"])
      assert.equal(run("activity", completedHook(cleanUp)).status, 0, cleanUp);
  });

  for (const [what, holder] of [
    ["another run's", "acme/app#1234#2\n"],
    ["one without a holder", ""],
  ] as const) {
    it(`end the worker of a job that is not of the run that has the machine: ${what}; its steps with always() would run after a failure`, () => {
      writeFileSync(join(root, "holder"), holder);
      const { signal, stdout } = run(join(root, "activity"), startedHook(), "99");
      assert.equal(signal, "SIGKILL");
      assert.match(stdout, /^::error::This machine was started for (acme\/app#1234#2|no run) alone, and this job is of acme\/app#99#2: /);
      assert.ok(!existsSync(join(root, "went-on")) && !existsSync(join(root, "failed")));
      assert.equal(readFileSync(join(root, "activity"), "utf8"), "foreign acme/app#99#2\n");
    });
  }
});

describe("the shell scripts of a persistent machine", () => {
  it("pass shellcheck, both the rendered ones and install.sh", () => {
    const odd = { ...SERVICE, name: "it-s", docker: "rootless" as const, proxy: { https: "http://p'x:1", noProxy: [".corp"] } };
    const scripts = [CONFIG, odd].flatMap((config) => renderFiles(config, FACTS).filter(({ mode }) => mode === 0o755));
    assert.ok(scripts.length >= 6);
    for (const { content } of scripts) execFileSync("shellcheck", ["-"], { input: content });
    execFileSync("shellcheck", ["--external-sources", "host-config/persistent-runner/install.sh"], { cwd: join(__dirname, "../../..") });
  });
});
