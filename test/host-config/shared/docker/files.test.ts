import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { HOST_PATHS } from "../../../../contract/shared/host-paths";
import type { HostSetup } from "../../../../contract/shared/host-setup";
import { HOST_UNITS } from "../../../../contract/shared/host-units";
import { dockerExtras, dockerFiles, ENGINE_OVERRIDES } from "../../../../host-config/shared/docker/files";
import { NO_EXTRAS } from "../../../../host-config/shared/unit-extras";

const FACTS = {
  user: "runner",
  uid: 1001,
  group: "runner",
  runnerUnit: "actions-runner.service",
  agent: "/opt/node /opt/agent.cjs",
  metadataDenied: true,
};
const ROOTLESS: HostSetup = { docker: "rootless" };
const PROXY = { https: "http://proxy.corp:3128", noProxy: [".corp"] };
const files = (setup = ROOTLESS, facts = FACTS) => new Map(dockerFiles(setup, facts).map(({ path, content }) => [path, content]));
const unit = (name: string, setup?: HostSetup, facts?: typeof FACTS) => files(setup, facts).get(`/etc/systemd/system/${name}`)!;
const setting = (text: string, name: string) => [...text.matchAll(new RegExp(`^${name}=(.*)$`, "gm"))].map((match) => match[1]!);

describe("the units of a rootless engine", () => {
  it("pass systemd-analyze verify without a complaint", () => {
    const root = mkdtempSync(join(tmpdir(), "docker-units-"));
    try {
      mkdirSync(join(root, "units"));
      writeFileSync(join(root, "node"), "", { mode: 0o755 });
      writeFileSync(join(root, "units/actions-runner.service"), "[Service]\nExecStart=/bin/true\n");
      writeFileSync(join(root, "units/runner-storage.service"), "[Service]\nExecStart=/bin/true\n");
      const units = [...files({ ...ROOTLESS, storage: { volumes: [] } })].filter(([path]) => path.startsWith("/etc/systemd/system/"));
      assert.equal(units.length, 3);
      const paths = units.map(([path, content]) => {
        const target = join(root, "units", basename(path));
        const here = content.replaceAll("/opt/node", join(root, "node")).replaceAll("/usr/sbin/nft", join(root, "node"));
        writeFileSync(target, here.replace(/^User=.*$/m, "User=daemon"));
        return target;
      });
      const { stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", ...paths], { encoding: "utf8" });
      assert.deepEqual(
        stderr.split("\n").filter((line) => line.includes(root) || line.includes("runner")),
        [],
      );
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });

  it("keep containers, which have no control group of their own, from the credentials, and let them end with the engine", () => {
    const text = unit(HOST_UNITS.docker);
    assert.deepEqual(setting(text, "IPAddressDeny"), ["169.254.169.254 fd00:ec2::254"]);
    assert.match(text, /--exec-opt=native\.cgroupdriver=cgroupfs/, "by default the engine has systemd move them out of its unit");
    assert.deepEqual(setting(text, "KillMode"), [], "control-group is the default");
    assert.deepEqual(setting(unit(HOST_UNITS.docker, ROOTLESS, { ...FACTS, metadataDenied: false }), "IPAddressDeny"), []);
  });

  it("delegate nothing, or a job could have systemd move its runner there, out of the drain's sight", () => {
    assert.doesNotMatch(unit(HOST_UNITS.docker), /Delegate/);
  });

  it("have the engine read root's configuration alone, and nothing of the job's home", () => {
    const text = unit(HOST_UNITS.docker);
    assert.match(text, new RegExp(`--config-file=${HOST_PATHS.engineConfig} `));
    assert.ok(setting(text, "Environment").includes(`"HOME=${HOST_PATHS.engine}"`));
    assert.match(setting(text, "ExecStartPre")[0]!, /^\+\/opt\/node \/opt\/agent\.cjs engine$/);
  });

  it("start the engine by programs that all packages have, with the same network whichever version it has", () => {
    const [command] = setting(unit(HOST_UNITS.docker), "ExecStart");
    assert.match(command!, /^\/usr\/bin\/env rootlesskit .*--net=slirp4netns --mtu=65520 .*--disable-host-loopback /);
    assert.match(command!, /\/bin\/sh -c "rm -f \/run\/docker .* && exec dockerd --config-file=/);
    assert.doesNotMatch(command!, /dockerd-rootless|detach-netns/);
    assert.deepEqual(setting(unit(HOST_UNITS.docker), "LimitNOFILE"), ["65536:524288"], "each connection of a container takes one");
  });

  it("have started once the engine answers, or a setup script that restarts it finds none", () => {
    const [after] = setting(unit(HOST_UNITS.docker), "ExecStartPost");
    assert.match(after!, /^-\/usr\/bin\/timeout 60 \/bin\/sh -c "until curl .*http:\/\/docker\/_ping; do sleep 0\.2; done"$/);
    assert.ok(Number(setting(unit(HOST_UNITS.docker), "TimeoutStartSec")[0]) > 60);
  });

  it("start the engine before the runner, and restart it with none: a job may outlive a crash of the runner's service", () => {
    assert.doesNotMatch(unit(HOST_UNITS.docker), /PartOf|BindsTo|actions-runner/);
    const extras = dockerExtras(ROOTLESS, true);
    assert.ok(extras.after.includes(HOST_UNITS.docker) && extras.wants.includes(HOST_UNITS.docker));
    assert.ok(!extras.requires.includes(HOST_UNITS.docker), "a restart of the engine would stop the runner, and its job");
  });

  it("let no job start without the metadata fence, at no boot", () => {
    const extras = dockerExtras(ROOTLESS, true);
    assert.deepEqual([extras.requires, extras.enable], [[HOST_UNITS.metadataFence], [HOST_UNITS.metadataFence]]);
    assert.ok(setting(unit(HOST_UNITS.docker), "Requires")[0]!.split(" ").includes(HOST_UNITS.metadataFence));
    assert.deepEqual(setting(unit(HOST_UNITS.metadataFence), "After"), ["nftables.service firewalld.service"]);
    assert.deepEqual(setting(unit(HOST_UNITS.metadataFence), "RemainAfterExit"), ["yes"]);
  });

  it("name no fence where jobs may use the instance's role", () => {
    assert.equal(unit(HOST_UNITS.metadataFence, ROOTLESS, { ...FACTS, metadataDenied: false }), undefined);
    assert.doesNotMatch([...files(ROOTLESS, { ...FACTS, metadataDenied: false }).values()].join(""), /metadata-fence/);
    assert.deepEqual(dockerExtras(ROOTLESS, false).requires, []);
  });

  it("give the engine a small file system below /run, under the name that systemd has for it", () => {
    const escaped = execFileSync("systemd-escape", ["--path", "--suffix=mount", HOST_PATHS.engineRuntime], { encoding: "utf8" });
    assert.equal(escaped.trim(), HOST_UNITS.dockerRuntime);
    const mount = unit(HOST_UNITS.dockerRuntime);
    assert.deepEqual(setting(mount, "Where"), [HOST_PATHS.engineRuntime]);
    const options = setting(mount, "Options")[0]!.split(",");
    for (const option of ["size=64m", "nr_inodes=8192", "mode=0700", "uid=1001", "nosuid", "nodev"])
      assert.ok(options.includes(option), option);
  });

  it("are what jobs and the runner's own programs find: by the environment, and by the usual path", () => {
    assert.deepEqual(dockerExtras(ROOTLESS, true).environment, { DOCKER_HOST: `unix://${HOST_PATHS.engineSocket}` });
    assert.match(
      files().get("/etc/tmpfiles.d/ci-runners-docker.conf")!,
      new RegExp(`^L\\+ /run/docker\\.sock - - - - ${HOST_PATHS.engineSocket}$`, "m"),
    );
  });

  it("wait for the volumes that hold the engine's data, where there are some", () => {
    const relations = (setup: HostSetup) =>
      ["After", "Requires"].map((name) => setting(unit(HOST_UNITS.docker, setup), name)[0]!.split(" "));
    for (const names of relations({ ...ROOTLESS, storage: { volumes: [] } })) assert.ok(names.includes(HOST_UNITS.storage));
    for (const names of relations(ROOTLESS)) assert.ok(!names.includes(HOST_UNITS.storage));
  });

  it("lead the engine to the proxy, but never to the metadata by it: pulls would hang, or the proxy see credentials", () => {
    const environment = setting(unit(HOST_UNITS.docker, { ...ROOTLESS, proxy: PROXY }), "Environment");
    assert.ok(environment.includes('"https_proxy=http://proxy.corp:3128"') && environment.includes('"HTTPS_PROXY=http://proxy.corp:3128"'));
    const exceptions = environment
      .find((line) => line.startsWith('"no_proxy='))!
      .slice(1, -1)
      .split(/[=,]/);
    for (const one of ["169.254.169.254", "fd00:ec2::254", ".corp"]) assert.ok(exceptions.includes(one), one);
    assert.doesNotMatch(unit(HOST_UNITS.docker), /_proxy=/i);
  });

  it("are on no other host", () => {
    assert.deepEqual([dockerFiles({}, FACTS), dockerFiles({ docker: "root" }, FACTS)], [[], []]);
    assert.deepEqual([dockerExtras({}, true), dockerExtras({ docker: "root" }, true)], [NO_EXTRAS, NO_EXTRAS]);
  });
});

describe("what the system's own engine is told", () => {
  const root = (setup: HostSetup) => files({ docker: "root", ...setup });

  it("is the proxy, as a package and as a snap, whose unit has another name: its pulls would go straight out", () => {
    const found = root({ proxy: PROXY });
    assert.deepEqual([...found.keys()], ENGINE_OVERRIDES);
    assert.ok(found.has("/etc/systemd/system/snap.docker.dockerd.service.d/ci-runners.conf"));
    for (const content of found.values()) {
      assert.match(content, /^\[Service\]\n(Environment="\w+_(proxy|PROXY)=[^"]*"\n)+$/);
      assert.match(content, /^Environment="https_proxy=http:\/\/proxy\.corp:3128"$/m);
      assert.match(content, /^Environment="no_proxy=[^"]*169\.254\.169\.254[^"]*,\.corp"$/m);
    }
  });

  it("is the volumes and the proxy in one file, each in its own section", () => {
    for (const content of root({ proxy: PROXY, storage: { volumes: [] } }).values())
      assert.match(content, /^\[Unit\]\nAfter=runner-storage\.service\nRequires=.*\n\[Service\]\nEnvironment=/);
  });

  it("is nothing without either, or each launch would restart the image's engine", () => {
    assert.deepEqual([...root({}).keys()], []);
  });
});
