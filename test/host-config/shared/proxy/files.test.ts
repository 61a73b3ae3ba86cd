import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { proxyExtras, proxyFiles, SSM_AGENTS } from "../../../../host-config/shared/proxy/files";
import { restartSsmAgent } from "../../../../host-config/shared/proxy/ssm-agent";
import { proxyVariables } from "../../../../host-config/shared/proxy/variables";
import { NO_EXTRAS } from "../../../../host-config/shared/unit-extras";

const PROXY = { http: "http://web.corp:3128", https: "http://proxy.corp:3128", noProxy: [".corp", "archive.corp", "10.0.0.0/8"] };
const FACTS = { user: "runner", uid: 1001, group: "runner", runnerUnit: "x.service", agent: "node agent", metadataDenied: true };

describe("what a proxy adds to a host", () => {
  it("is nothing without one", () => {
    assert.deepEqual(proxyFiles({}, FACTS), []);
    assert.deepEqual(proxyExtras({}), NO_EXTRAS);
  });

  it("is for jobs in the runner's unit", () => {
    assert.deepEqual(proxyExtras({ proxy: PROXY }), { ...NO_EXTRAS, environment: proxyVariables(PROXY) });
  });

  it("is a configuration that apt reads as it is meant: unattended updates have no environment of ours", () => {
    const [apt] = proxyFiles({ proxy: PROXY }, FACTS);
    assert.equal(apt!.path, "/etc/apt/apt.conf.d/95ci-runners-proxy");
    const folder = mkdtempSync(join(tmpdir(), "apt-"));
    try {
      writeFileSync(join(folder, "conf"), apt!.content);
      const dump = execFileSync("apt-config", ["dump"], {
        encoding: "utf8",
        env: { PATH: process.env.PATH, APT_CONFIG: join(folder, "conf") },
      });
      assert.deepEqual(
        dump.split("\n").filter((line) => /^Acquire::https?::Proxy/.test(line)),
        [
          'Acquire::http::Proxy "http://web.corp:3128";',
          'Acquire::http::Proxy::archive.corp "DIRECT";',
          'Acquire::https::Proxy "http://proxy.corp:3128";',
          'Acquire::https::Proxy::archive.corp "DIRECT";',
        ],
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("leads the SSM agent to it only with awsByProxy: otherwise it has its endpoints, which the proxy may not know", () => {
    const paths = (awsByProxy?: boolean) => proxyFiles({ proxy: { ...PROXY, awsByProxy } }, FACTS).map(({ path }) => path);
    assert.deepEqual(paths().slice(1), []);
    assert.deepEqual(
      paths(true).slice(1),
      SSM_AGENTS.map((unit) => `/etc/systemd/system/${unit}.d/ci-runners-proxy.conf`),
    );
    const [, dropIn] = proxyFiles({ proxy: { ...PROXY, awsByProxy: true } }, FACTS);
    assert.match(dropIn!.content, /^\[Service\]$/m);
    assert.match(dropIn!.content, /^Environment="https_proxy=http:\/\/proxy\.corp:3128"$/m);
    assert.match(dropIn!.content, /^Environment="no_proxy=[^"]*169\.254\.169\.254/m);
  });
});

describe("the SSM agent, which runs before it knows its proxy", () => {
  const restarted = async (awsByProxy: boolean | undefined, run: (...args: never[]) => Promise<unknown>) => {
    const lines: unknown[] = [];
    await restartSsmAgent({ ...PROXY, awsByProxy }, { info: (_, fields) => void lines.push(fields) }, run as never);
    return lines;
  };

  it("is restarted where it runs, or an operator's command would not reach the instance until its next boot", async () => {
    const commands: string[][] = [];
    await restarted(true, async (file: string, args: string[]) => void commands.push([file, ...args]));
    assert.deepEqual(
      commands,
      SSM_AGENTS.map((unit) => ["systemctl", "try-restart", "--no-block", unit]),
    );
  });

  it("is left alone where its calls do not go by the proxy", async () => {
    let restarts = 0;
    await restarted(undefined, async () => restarts++);
    assert.equal(restarts, 0);
  });

  it("costs no launch if the image has none", async () => {
    const lines = await restarted(true, () => Promise.reject(new Error("Unit not found.")));
    assert.equal(lines.length, SSM_AGENTS.length);
  });
});
