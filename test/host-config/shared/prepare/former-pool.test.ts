import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { HostSetup } from "../../../../contract/shared/host-setup";
import { dockerFiles, ENGINE_OVERRIDES } from "../../../../host-config/shared/docker/files";
import { formerPool } from "../../../../host-config/shared/prepare/former-pool";
import type { PrepareContext } from "../../../../host-config/shared/prepare/stage";
import { PROXY_PATHS, proxyFiles } from "../../../../host-config/shared/proxy/files";
import type { UnitFacts } from "../../../../host-config/shared/rendered-file";

const APT = "/etc/apt/apt.conf.d/95ci-runners-proxy";
const ENGINE = "/etc/systemd/system/docker.service.d/ci-runners.conf";
const AGENT = "/etc/systemd/system/amazon-ssm-agent.service.d/ci-runners-proxy.conf";

describe("what another pool's machine left on the image that was made from it", () => {
  let root: string;
  let commands: string[];
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "former-pool-"));
    commands = [];
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const stage = () => formerPool([APT, ENGINE, AGENT].map((path) => join(root, path)));
  const leave = (...paths: string[]) => {
    for (const path of paths) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), "of another pool");
    }
  };
  const context = (inactive: readonly string[] = []) =>
    ({
      say: () => undefined,
      exec: async (file: string, args: string[]) => {
        commands.push([file, ...args].join(" "));
        return { code: args[0] === "is-active" && inactive.includes(args.at(-1)!) ? 3 : 0, stdout: "", stderr: "" };
      },
    }) as unknown as PrepareContext;

  it("is gone before packages are installed: apt prefers its own configuration to the proxy of this machine", async () => {
    leave(APT);
    assert.ok(stage().due({}));
    await stage().run(context());
    assert.ok(!existsSync(join(root, APT)));
    assert.deepEqual(commands, [], "an image without systemd's drop-ins needs no reload");
  });

  it("no longer leads an engine or an SSM agent that has started with it: pulls and commands would not come through", async () => {
    leave(ENGINE, AGENT);
    await stage().run(context(["amazon-ssm-agent.service"]));
    assert.ok(!existsSync(join(root, ENGINE)) && !existsSync(join(root, AGENT)));
    assert.deepEqual(commands, [
      "systemctl daemon-reload",
      "systemctl is-active --quiet docker.service",
      "systemctl stop docker.service",
      "systemctl start --no-block docker.service",
      "systemctl is-active --quiet amazon-ssm-agent.service",
    ]);
  });

  it("is nothing on any other image, where the stage must not cost a launch", () => {
    assert.ok(!stage().due({ proxy: { noProxy: [] }, docker: "root" }));
  });

  it("is all that a stack writes for such programs, or a file that is added later would stay", () => {
    const setup: HostSetup = { docker: "root", proxy: { https: "http://p:3128", noProxy: [], awsByProxy: true } };
    const written = [...proxyFiles(setup, {} as UnitFacts), ...dockerFiles(setup, {} as UnitFacts)].map(({ path }) => path);
    assert.deepEqual(written, [...PROXY_PATHS, ...ENGINE_OVERRIDES]);
  });
});
