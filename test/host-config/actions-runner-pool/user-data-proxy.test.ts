import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HostProxy } from "../../../contract/shared/host-setup";
import { INSTALL_LOG, renderUserData } from "../../../host-config/actions-runner-pool/user-data";
import { CONFIG } from "./fake-host";

const BUNDLE = { bucket: "artefacts", key: "host/abc/bundle.tar", sha256: "0".repeat(64) };
const [S3, AUTOSCALING, METADATA] = ["artefacts.s3.eu-west-1.amazonaws.com", "autoscaling.eu-west-1.amazonaws.com", "metadata.invalid"];

describe("user data of a pool with a proxy", () => {
  const PROXY = { http: "http://web.corp:3128", https: "http://proxy.corp:3128", noProxy: [".corp"] };

  it("sets its variables before the first request that is not to the metadata", () => {
    const text = renderUserData({ ...CONFIG, proxy: PROXY }, BUNDLE);
    execFileSync("shellcheck", ["--shell=bash", "-"], { input: text });
    const exported = text.indexOf("export https_proxy='http://proxy.corp:3128'\n");
    assert.ok(exported > 0 && exported < text.indexOf("imds/api/token"), "before any function is defined");
    assert.match(text, new RegExp(`export no_proxy='[^']*,${S3},${AUTOSCALING},\\.corp'`.replaceAll("amazonaws.com", "amazonaws\\.com")));
  });

  it("has no line of it without one", () => {
    assert.ok(!renderUserData(CONFIG, BUNDLE).includes("_proxy="));
  });
});

describe("user data of a pool with a proxy, run against loopback servers", () => {
  let root: string;
  let servers: Server[];
  let direct: string[];
  let proxied: string[];
  let port: number;
  let proxyPort: number;
  let bundle: Buffer;

  const listening = (answer: (host: string, path: string) => string | Buffer, seen: string[]) => {
    const server = createServer(({ url = "", headers }, response) => {
      // A proxy is asked for the whole address.
      const asked = new URL(url, `http://${headers.host}`);
      seen.push(`${asked.hostname}${asked.pathname}`);
      response.setHeader("connection", "close").end(answer(asked.hostname, asked.pathname));
    });
    servers.push(server);
    return new Promise<number>((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)));
  };
  const answer = (host: string, path: string): string | Buffer => {
    if (host === S3) return bundle;
    if (path.endsWith("/role")) return '{"AccessKeyId" : "AKID", "SecretAccessKey" : "SECRET", "Token" : "SESSION"}';
    return path.endsWith("/security-credentials/") ? "role" : "i-0123456789abcdef0";
  };

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), "user-data-proxy-"));
    [servers, direct, proxied] = [[], [], []];
    writeFileSync(join(root, "install.sh"), 'printenv no_proxy >"$(dirname "$0")/inherited"\nexit 3\n');
    bundle = execFileSync("tar", ["-cf", "-", "-C", root, "install.sh"]);
    port = await listening(answer, direct);
    proxyPort = await listening(answer, proxied);
    // Each name leads to the loopback server where curl itself looks it up, so no name of a test leaves this machine.
    const real = execFileSync("bash", ["-c", "command -v curl"], { encoding: "utf8" }).trim();
    const resolved = [S3, AUTOSCALING, METADATA].map((host) => `--resolve ${host}:${port}:127.0.0.1`).join(" ");
    writeFileSync(join(root, "curl"), `#!/bin/bash\nexec ${real} ${resolved} "$@"\n`, { mode: 0o755 });
  });
  afterEach(async () => {
    for (const server of servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    rmSync(root, { recursive: true, force: true });
  });

  /** An installer that fails makes the script call Auto Scaling as well. Only addresses, folders and pauses are replaced. */
  async function run(proxy: Omit<HostProxy, "https">): Promise<void> {
    // By http: the same decision as by https, without a certificate.
    const address = `http://127.0.0.1:${proxyPort}`;
    const script = renderUserData({ ...CONFIG, proxy: { ...proxy, http: address } }, { ...BUNDLE, sha256: sha256(bundle) })
      .replace("http://169.254.169.254", `http://${METADATA}:${port}`)
      .replace(`https://${S3}`, `http://${S3}:${port}`)
      .replace(`https://${AUTOSCALING}`, `http://${AUTOSCALING}:${port}`)
      .replaceAll(INSTALL_LOG, `${root}/install.log`)
      .replace("'/opt/ci-runners'", `'${root}/home'`)
      .replace("'/etc/ci-runners/config.json'", `'${root}/etc/config.json'`)
      .replace("/dev/console", `${root}/console`)
      .replace(/^( +)sleep .*$/m, "$1:");
    writeFileSync(join(root, "user-data"), script);
    const env = { PATH: `${root}:${process.env.PATH}` };
    const code = await new Promise((resolve) => execFile("bash", [join(root, "user-data")], { env }, (error) => resolve(error?.code)));
    assert.equal(code, 1, readFileSync(join(root, "console"), "utf8"));
    assert.match(readFileSync(join(root, "console"), "utf8"), /bootstrap failed: install\.sh/);
  }

  const hosts = (seen: string[]) => [...new Set(seen.map((one) => one.split("/")[0]))].sort();

  it("calls the pool's own endpoints directly, which the proxy may not know", async () => {
    await run({ noProxy: [] });
    assert.deepEqual([hosts(direct), proxied], [[S3, AUTOSCALING, METADATA].sort(), []]);
  });

  it("calls AWS by the proxy with awsByProxy, and still never the metadata, whose credentials the proxy would see", async () => {
    await run({ noProxy: [], awsByProxy: true });
    assert.deepEqual([hosts(direct), hosts(proxied)], [[METADATA], [S3, AUTOSCALING].sort()]);
  });

  it("excepts what the user excepts, also with awsByProxy, as where S3 alone has an endpoint", async () => {
    await run({ noProxy: [".s3.eu-west-1.amazonaws.com"], awsByProxy: true });
    assert.deepEqual([hosts(direct), hosts(proxied)], [[S3, METADATA].sort(), [AUTOSCALING]]);
  });

  it("hands the variables to the installer, whose downloads need them", async () => {
    await run({ noProxy: [".corp"] });
    assert.match(readFileSync(join(root, "home/inherited"), "utf8"), /,\.corp\n$/);
  });
});

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
