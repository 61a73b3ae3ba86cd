import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ON_THIS_HOST, prepareRootlessEngine } from "../../../../host-config/shared/docker/prepare-rootless";
import { type ON_THIS_HOST as ROOT, prepareRootEngine } from "../../../../host-config/shared/docker/prepare-root";
import type { DockerContext } from "../../../../host-config/shared/docker/started-engine";
import { PrepareError } from "../../../../host-config/shared/prepare/prepare-error";
import type { RenderedFile } from "../../../../host-config/shared/rendered-file";
import { VirtualHostClock } from "./support";

const FACTS = { runnerUnit: "actions-runner.service", agent: "/opt/node /opt/agent.cjs", node: "/opt/node", metadataDenied: true };

/** A machine on which every command succeeds, unless an answer says otherwise. */
class Machine {
  readonly commands: string[] = [];
  readonly said: string[] = [];
  readonly written = new Map<string, RenderedFile>();
  readonly answers: [RegExp, { code?: number; stdout?: string; stderr?: string }][] = [];
  engineAnswers = true;
  dataRoot?: string;

  constructor(readonly folder: string) {}

  context(docker: "root" | "rootless", setup: object = {}): DockerContext {
    return {
      setup: { docker, ...setup },
      user: { name: "runner", uid: 1001, gid: 1001, home: "/home/runner" },
      say: (line) => void this.said.push(line),
      exec: async (file, args) => {
        const command = [file, ...args].join(" ");
        this.commands.push(command);
        const usermod = /^usermod --add-sub(uid|gid)s (\d+)-\d+ (\S+)$/.exec(command);
        const answer = this.answers.find(([pattern]) => pattern.test(command))?.[1] ?? {};
        if (usermod && !answer.code) writeFileSync(this.path(`sub${usermod[1]}`), `${usermod[3]}:${usermod[2]}:65536\n`, { flag: "a" });
        return { code: 0, stdout: file === "id" ? "runner\n" : "", stderr: "", ...answer };
      },
    };
  }

  path = (name: string) => join(this.folder, name);

  get host(): typeof ON_THIS_HOST {
    return {
      times: { clock: new VirtualHostClock(), answers: async () => this.engineAnswers, dataRoot: async () => this.dataRoot },
      write: (file) => void this.written.set(file.path, file),
      subordinateUids: this.path("subuid"),
      subordinateGids: this.path("subgid"),
      engineConfig: this.path("docker.json"),
    };
  }

  get rootHost(): typeof ROOT {
    const { times, write } = this.host;
    const path = (name: string) => this.path(name);
    return {
      times,
      write,
      former: { temporaryFiles: path("tmpfiles"), socket: path("docker.sock"), fenceUnit: path("fence"), fence: path("nft") },
    };
  }

  rootless = (facts = FACTS) => prepareRootlessEngine(this.context("rootless"), facts, this.host);
  /** Position of the first command that matches. */
  at = (pattern: RegExp) => this.commands.findIndex((command) => pattern.test(command));
}

describe("the preparation of a machine for Docker", () => {
  let folder: string;
  let machine: Machine;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "prepare-docker-"));
    machine = new Machine(folder);
    writeFileSync(machine.path("subuid"), "admin:100000:65536\nrunner:165536:65536\n");
    writeFileSync(machine.path("subgid"), "admin:100000:65536\nrunner:165536:65536\n");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const refused = (text: RegExp) => (error: unknown) => {
    assert.ok(error instanceof PrepareError, String(error));
    assert.match(error.message, text);
    return true;
  };

  describe("with a rootless engine", () => {
    it("denies the metadata, and tries that, before the engine can start a container", async () => {
      await machine.rootless();
      const fence = machine.written.get("/etc/ci-runners/metadata.nft")!.content;
      assert.match(fence, /skuid \{ 1001, 165536-231071 \}/);
      const probes = machine.commands.flatMap(
        (command) => /^setpriv --reuid (\d+) --regid \1 --clear-groups \/opt\/node -e/.exec(command)?.[1] ?? [],
      );
      assert.deepEqual(probes, ["1001", "165536", "231071"]);
      const order = [/daemon-reload/, /restart runner-metadata-fence/, /^setpriv/, /start --no-block runner-docker/].map(machine.at);
      assert.ok(!order.includes(-1));
      assert.deepEqual(
        order,
        [...order].sort((one, other) => one - other),
      );
    });

    it("ends where the packet filter does not keep a user of its containers from the credentials", async () => {
      machine.answers.push([/^setpriv --reuid 231071/, { code: 1 }]);
      await assert.rejects(machine.rootless(), refused(/^docker: uid 231071 reaches .* nf_tables, or set jobsMayUseInstanceRole$/));
      assert.equal(machine.at(/runner-docker/), -1, "the engine has started all the same");
    });

    it("denies nothing where jobs may use the instance's role", async () => {
      await machine.rootless({ ...FACTS, metadataDenied: false });
      assert.equal(machine.written.has("/etc/ci-runners/metadata.nft"), false);
      assert.equal(machine.at(/metadata-fence|setpriv/), -1);
    });

    it("gives a user without subordinate ids a range of its own", async () => {
      writeFileSync(machine.path("subuid"), "admin:100000:65536\n");
      rmSync(machine.path("subgid"));
      await machine.rootless();
      const added = machine.commands.filter((command) => command.startsWith("usermod"));
      assert.deepEqual(added, ["usermod --add-subuids 165536-231071 runner", "usermod --add-subgids 165536-231071 runner"]);
      assert.ok(existsSync(machine.path("subgid")), "usermod refuses the option without the file");
      assert.match(machine.written.get("/etc/ci-runners/metadata.nft")!.content, /165536-231071/);
    });

    it("leaves a user's own ranges as they are", async () => {
      await machine.rootless();
      assert.equal(machine.at(/^usermod/), -1);
    });

    it("ends with the reason where none can be added", async () => {
      writeFileSync(machine.path("subuid"), "");
      machine.answers.push([/^usermod/, { code: 1, stderr: "usermod: cannot lock /etc/passwd\n" }]);
      await assert.rejects(machine.rootless(), refused(/^docker: runner has no subordinate uids and none could be added: .*cannot lock/));
    });

    it("masks the engines of root's that the machine has, and says so, but no others", async () => {
      const listed = "docker.service enabled enabled\ndocker.socket masked enabled\n";
      machine.answers.push([/list-unit-files/, { code: 0, stdout: listed }]);
      await machine.rootless();
      assert.deepEqual(
        machine.commands.filter((command) => command.includes("mask")),
        ["systemctl mask --now docker.service"],
      );
      assert.deepEqual(machine.said, ["docker: the image's own docker.service is masked: jobs have a rootless engine"]);
    });

    it("disables one that cannot be masked, as systemd refuses for a snap's unit, and each in /etc", async () => {
      const unit = "snap.docker.dockerd.service";
      machine.answers.push(
        [/list-unit-files/, { stdout: `${unit} enabled enabled\n` }],
        [/ mask /, { code: 1, stderr: "already exists\n" }],
      );
      await machine.rootless();
      assert.notEqual(machine.at(/^systemctl list-unit-files .* snap\.docker\.dockerd\.service$/), -1);
      assert.notEqual(machine.at(/^systemctl disable --now snap\.docker\.dockerd\.service$/), -1);
      assert.deepEqual(machine.said, [`docker: the image's own ${unit} is disabled: jobs have a rootless engine`]);
    });

    it("is not content with an engine that is about to stop, as in a bootstrap that is cut short and runs again", async () => {
      await machine.rootless();
      assert.deepEqual(machine.commands.slice(-2), [
        "systemctl stop runner-docker.service",
        "systemctl start --no-block runner-docker.service",
      ]);
    });

    it("keeps the configuration of the engine that the image brings along, such as a mirror of a registry", async () => {
      writeFileSync(machine.path("docker.json"), '{"registry-mirrors":["https://mirror"]}');
      await machine.rootless();
      assert.equal(machine.written.has(machine.path("docker.json")), false);
      assert.match(readFileSync(machine.path("docker.json"), "utf8"), /mirror/);
      rmSync(machine.path("docker.json"));
      await machine.rootless();
      assert.equal(machine.written.get(machine.path("docker.json"))!.content, "{}\n");
    });

    it("ends with the engine's last lines if that does not answer", async () => {
      machine.engineAnswers = false;
      machine.answers.push([/^journalctl _SYSTEMD_UNIT=runner-docker\.service/, { stdout: "first\nfailed to mount overlay\n" }]);
      await assert.rejects(
        machine.rootless(),
        refused(/^docker: the engine did not answer within 60 s: first \| failed to mount overlay$/),
      );
    });

    it("ends with the reason of a command that fails", async () => {
      machine.answers.push([/daemon-reload/, { code: 1, stderr: "Failed to reload\n" }]);
      await assert.rejects(machine.rootless(), refused(/^docker: systemctl daemon-reload: exit code 1: Failed to reload$/));
    });
  });

  describe("with the system's engine", () => {
    const root = (setup: object = {}) => prepareRootEngine(machine.context("root", setup), machine.rootHost);

    it("starts what the machine has of it, without ending the image's own containers", async () => {
      machine.answers.push([/list-unit-files/, { stdout: "docker.service disabled enabled\ndocker.socket disabled enabled\n" }]);
      await root();
      assert.deepEqual(machine.commands.slice(1), [
        "systemctl daemon-reload",
        "systemctl enable docker.socket docker.service",
        "systemctl start --no-block docker.socket docker.service",
      ]);
    });

    it("unmasks what a rootless pool had masked on the machine that the image was made from, before it looks for units", async () => {
      writeFileSync(machine.path("tmpfiles"), "");
      await root();
      assert.match(machine.commands[0]!, /^systemctl unmask docker\.socket docker\.service /);
      assert.match(machine.commands[1]!, /^systemctl list-unit-files /);
    });

    it("has one that runs already read what it needs of volumes", async () => {
      machine.answers.push([/list-unit-files/, { stdout: "docker.service enabled enabled\n" }]);
      await root({ storage: { volumes: [] } });
      const [override] = [...machine.written.values()];
      assert.match(override!.content, /^\[Unit\]\nAfter=runner-storage\.service\nRequires=runner-storage\.service\n$/);
      // What answers a ping after a restart that is only queued may be the one that is about to stop.
      assert.deepEqual(machine.commands.slice(-2), ["systemctl stop docker.service", "systemctl start --no-block docker.service"]);
    });

    it("has one that runs already read its proxy, also as a snap: the setup script's pulls would go straight out", async () => {
      for (const unit of ["docker.service", "snap.docker.dockerd.service"]) {
        machine = new Machine(folder);
        machine.answers.push([new RegExp(`list-unit-files .*${unit}`), { stdout: `${unit} enabled enabled\n` }]);
        await root({ proxy: { https: "http://proxy.corp:3128", noProxy: [] } });
        assert.match(machine.written.get(`/etc/systemd/system/${unit}.d/ci-runners.conf`)!.content, /^Environment="https_proxy=/m);
        assert.ok(
          machine.at(/daemon-reload/) >= 0 && machine.at(/daemon-reload/) < machine.at(new RegExp(`(restart|stop) .*${unit}$`)),
          unit,
        );
      }
    });

    it("must not have its data elsewhere, however it was configured, or the volume would stay empty", async () => {
      const volume = { storage: { volumes: [{ device: "/dev/sdf", mountPoint: "/var/lib/docker" }] } };
      for (const fine of [undefined, "/var/lib/docker", "/var/lib/docker/100000.100000"]) {
        machine.dataRoot = fine;
        await root(volume);
      }
      machine.dataRoot = "/var/snap/docker/common/var-lib-docker";
      await assert.rejects(root(volume), refused(/^docker: the engine has its data in \/var\/snap\/.*the volume at \/var\/lib\/docker/));
      await root();
    });

    it("takes one that is no service of this name as it is, and ends where none answers", async () => {
      await root();
      assert.equal(machine.at(/enable|start/), -1);
      machine.engineAnswers = false;
      await assert.rejects(root(), refused(/^docker: the engine did not answer within 60 s: its unit has no log$/));
    });
  });
});
