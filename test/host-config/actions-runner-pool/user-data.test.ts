import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HostConfig } from "../../../contract/actions-runner-pool/host";
import { setupKey } from "../../../contract/shared/host-bundle";
import { INSTALL_LOG, renderUserData } from "../../../host-config/actions-runner-pool/user-data";
import { USER_DATA_LIMIT_BYTES } from "../../../host-config/shared/user-data";
import { assertSigned, SECRET_KEY, type SeenRequest } from "../shared/signed-request";
import { CONFIG } from "./fake-host";

const SCRIPT = "#!/bin/bash\necho ready\n";
const BUNDLE = { bucket: "ci-runners-artefacts", key: "host/abc+def/bundle.tar", sha256: "0".repeat(64) };

describe("user data", () => {
  it("fits EC2's limit with the longest values that a configuration can have", () => {
    const long = (length: number) => "x".repeat(length);
    const config: HostConfig = {
      ...CONFIG,
      group: long(255),
      launchHook: long(255),
      terminateHook: long(255),
      secretPrefix: long(493),
      githubUrl: `https://${long(250)}/${long(100)}`,
      labels: Array.from({ length: 20 }, () => long(100)),
      runnerGroup: long(100),
      runnerArchive: { url: `https://${long(500)}`, sha256: long(64) },
      userJobStartedHook: `/${long(255)}`,
      userJobCompletedHook: `/${long(255)}`,
    };
    assert.ok(Buffer.byteLength(renderUserData(config, BUNDLE)) < USER_DATA_LIMIT_BYTES);
  });

  it("passes shellcheck, also with values full of quotes", () => {
    const odd = { ...CONFIG, githubUrl: "https://github.com/it's", labels: [`a"b'c$(d)\`e\``], runnerUser: "run'ner" };
    for (const config of [CONFIG, odd]) {
      execFileSync("shellcheck", ["--shell=bash", "-"], { input: renderUserData(config, BUNDLE) });
    }
  });

  it("changes by nothing but the authorities, so that a pool without any refreshes no instance for them", () => {
    const pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    const [without, given] = [renderUserData(CONFIG, BUNDLE), renderUserData(CONFIG, BUNDLE, pem)];
    assert.ok(!without.includes("AUTHORITIES"));
    assert.ok(given.includes(`<<'PEM' || fail "$RUNNER_AUTHORITIES: disk full or not writable"\n${pem}PEM\n`));
    execFileSync("shellcheck", ["--shell=bash", "-"], { input: given });
  });

  it("is valid with a setup script, and without one has no line for it", () => {
    const script = { key: setupKey("0".repeat(64)), sha256: "0".repeat(64) };
    execFileSync("shellcheck", ["--shell=bash", "-"], { input: renderUserData({ ...CONFIG, script }, BUNDLE) });
    assert.ok(!renderUserData(CONFIG, BUNDLE).includes("$script"));
  });

  it("downloads from the partition of the region", () => {
    assert.match(renderUserData({ ...CONFIG, region: "cn-north-1" }, BUNDLE), /s3\.cn-north-1\.amazonaws\.com\.cn\//);
  });
});

describe("user data, run against a loopback server in place of AWS", () => {
  let root: string;
  let server: Server;
  let origin: string;
  let requests: SeenRequest[];
  let bundle: Buffer;
  let s3Status: number;
  let scriptStatus: number;
  let secretKey: string;

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), "user-data-"));
    requests = [];
    s3Status = 200;
    scriptStatus = 200;
    secretKey = SECRET_KEY;
    bundle = tarOf({ "install.sh": 'echo "$RUNNER_USER" >"$(dirname "$0")/installed"\n' });
    server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        const url = request.url!;
        requests.push({ method: request.method!, url, headers: request.headers, body });
        if (url === "/latest/api/token") return response.end("METADATA-TOKEN");
        if (url === "/latest/meta-data/instance-id") return response.end("i-0123456789abcdef0");
        if (url === "/latest/meta-data/iam/security-credentials/") return response.end("role-of-host");
        if (url.endsWith("/role-of-host")) {
          return response.end(
            JSON.stringify({ Code: "Success", AccessKeyId: "AKID", SecretAccessKey: secretKey, Token: "SESSION/+==" }, null, 2),
          );
        }
        if (url.startsWith("/host-bundles/")) return response.writeHead(scriptStatus).end(SCRIPT);
        if (url.startsWith("/host/")) return response.writeHead(s3Status).end(bundle);
        return response.end("<ok/>");
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(root, { recursive: true, force: true });
  });

  function tarOf(files: Record<string, string>): Buffer {
    const folder = mkdtempSync(join(root, "tar-"));
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    return execFileSync("tar", ["-cf", "-", "-C", folder, "."]);
  }

  /** Runs the rendered script; only its addresses, folders and pauses are replaced. */
  function run(
    change: (script: string) => string = (script) => script,
    path = process.env.PATH,
    config: Partial<HostConfig> = {},
  ): Promise<{ code: number; console: string }> {
    const digest = createHash("sha256").update(bundle).digest("hex");
    const script = renderUserData({ ...CONFIG, group: "a pool+more", ...config }, { ...BUNDLE, sha256: digest })
      .replace("http://169.254.169.254", origin)
      .replaceAll(`https://${BUNDLE.bucket}.s3.eu-west-1.amazonaws.com`, origin)
      .replace("https://autoscaling.eu-west-1.amazonaws.com", origin)
      .replaceAll(INSTALL_LOG, `${root}/install.log`)
      .replace("'/opt/ci-runners'", `'${root}/home'`)
      .replace("'/etc/ci-runners/config.json'", `'${root}/etc/config.json'`)
      .replace("/dev/console", `${root}/console`)
      .replace(/^( +)sleep .*$/m, "$1:");
    return new Promise((resolve) => {
      writeFileSync(join(root, "user-data"), change(script));
      execFile("bash", [join(root, "user-data")], { env: { PATH: path } }, (error) => {
        const console = join(root, "console");
        resolve({ code: error ? Number(error.code) : 0, console: existsSync(console) ? readFileSync(console, "utf8") : "" });
      });
    });
  }

  const abandons = () => requests.filter(({ body }) => body.includes("ABANDON"));

  it("installs the pinned bundle with a request that S3 would accept, and writes the configuration", async () => {
    assert.equal((await run()).code, 0);
    assert.equal(readFileSync(join(root, "home/installed"), "utf8"), "runner\n");
    assert.deepEqual(JSON.parse(readFileSync(join(root, "etc/config.json"), "utf8")), { ...CONFIG, group: "a pool+more" });
    const get = requests.find(({ url }) => url.startsWith("/host/"))!;
    assert.equal(get.headers["x-amz-security-token"], "SESSION/+==");
    assertSigned(get, "s3", get.headers["x-amz-content-sha256"] as string);
    assert.deepEqual(abandons(), []);
  });

  it("boots with a curl that cannot sign, as before 7.75, and shows it no credentials as arguments [A16.1]", async () => {
    const folder = join(root, "bin");
    mkdirSync(folder);
    const log = join(root, "arguments");
    const real = execFileSync("bash", ["-c", "command -v curl"], { encoding: "utf8" }).trim();
    const old = `#!/bin/bash
printf '%s\\n' "$@" >>'${log}'
for option; do
  case $option in --aws-sigv4 | --fail-with-body | --json) echo "curl: option $option: is unknown" >&2; exit 2 ;; esac
done
exec ${real} "$@"
`;
    writeFileSync(join(folder, "curl"), old, { mode: 0o755 });
    const result = await run(undefined, `${folder}:${process.env.PATH}`);
    assert.deepEqual(result, { code: 0, console: "ci-runners: installed; runner-agent.service takes over\n" });
    const get = requests.find(({ url }) => url.startsWith("/host/"))!;
    assertSigned(get, "s3", createHash("sha256").update("").digest("hex"));
    const seen = readFileSync(log, "utf8");
    assert.match(seen, /bundle\.tar/);
    for (const secret of [SECRET_KEY, "SESSION", "AKID"]) assert.ok(!seen.includes(secret), secret);
  });

  for (const length of [1, 40, 60, 61, 100]) {
    it(`signs with a secret key of ${length} characters as HMAC demands it, which hashes keys of more than 64 bytes`, async () => {
      secretKey = "k/+=".repeat(25).slice(0, length);
      assert.equal((await run()).code, 0);
      const get = requests.find(({ url }) => url.startsWith("/host/"))!;
      assertSigned(get, "s3", createHash("sha256").update("").digest("hex"), secretKey);
    });
  }

  it("abandons the launch with a correctly signed request when the bundle is not the pinned one", async () => {
    const result = await run((script) => script.replace(/bundle_sha256='[0-9a-f]+'/, `bundle_sha256='${"1".repeat(64)}'`));
    assert.equal(result.code, 1);
    assert.match(result.console, /bootstrap failed: .*has the wrong SHA-256, expected 1111/);
    assert.ok(!existsSync(join(root, "home/install.sh")), "a wrong bundle must not be unpacked");
    const [post] = abandons();
    assert.deepEqual(Object.fromEntries(new URLSearchParams(post!.body)), {
      Action: "CompleteLifecycleAction",
      Version: "2011-01-01",
      AutoScalingGroupName: "a pool+more",
      LifecycleHookName: "pool-launch",
      InstanceId: "i-0123456789abcdef0",
      LifecycleActionResult: "ABANDON",
    });
    assertSigned(post!, "autoscaling", createHash("sha256").update(post!.body).digest("hex"));
  });

  const withScript = (sha256 = createHash("sha256").update(SCRIPT).digest("hex")) =>
    run(undefined, undefined, { script: { key: setupKey(sha256), sha256 } });

  it("puts the pinned setup script where only root can read and run it, before the installer runs", async () => {
    bundle = tarOf({ "install.sh": 'cp "$(dirname "$0")/setup/script" "$(dirname "$0")/seen"\n' });
    assert.equal((await withScript()).code, 0);
    assert.equal(readFileSync(join(root, "home/seen"), "utf8"), SCRIPT);
    assert.equal(statSync(join(root, "home/setup/script")).mode & 0o777, 0o700);
    assert.equal(statSync(join(root, "home/setup")).mode & 0o777, 0o700);
  });

  it("abandons the launch without its setup script, or with another: the machine would not be what its jobs expect", async () => {
    assert.match((await withScript("1".repeat(64))).console, /bootstrap failed: .*\.setup has the wrong SHA-256, expected 1111/);
    scriptStatus = 404;
    assert.match((await withScript()).console, /bootstrap failed: .*\.setup could not be downloaded to .*\/setup\/script/);
    assert.equal(abandons().length, 2);
    assert.ok(!existsSync(join(root, "home/installed")));
  });

  it("does nothing when it runs again: it could end the drain of an instance whose agent is in charge", async () => {
    mkdirSync(join(root, "home"), { recursive: true });
    writeFileSync(join(root, "home/installed-on"), "i-0123456789abcdef0\n");
    s3Status = 500;
    const result = await run();
    assert.equal(result.code, 0);
    assert.deepEqual(
      requests.filter(({ url }) => !url.startsWith("/latest/")),
      [],
    );
    assert.ok(!existsSync(join(root, "etc/config.json")), "it must not replace the configuration of a running agent");
  });

  it("abandons the launch and shows the last lines of the installer's output", async () => {
    bundle = tarOf({ "install.sh": "echo starting >&2\necho 'no space left on device' >&2\nexit 3\n" });
    const result = await run();
    assert.equal(result.code, 1);
    assert.match(result.console, /bootstrap failed: install\.sh: .*no space left on device/);
    assert.equal(abandons().length, 1);
  });

  it("completes the termination that follows an abandoned launch, because no agent is there to do so", async () => {
    bundle = tarOf({ "install.sh": "exit 3\n" });
    await run();
    const results = requests.flatMap(({ body }) => {
      const form = new URLSearchParams(body);
      return form.has("LifecycleHookName") ? [`${form.get("LifecycleHookName")} ${form.get("LifecycleActionResult")}`] : [];
    });
    assert.deepEqual(results, ["pool-launch ABANDON", "pool-terminate CONTINUE"]);
  });

  it("abandons the launch after several tries when the bundle cannot be downloaded", async () => {
    s3Status = 403;
    const result = await run();
    assert.match(result.console, /could not be downloaded/);
    assert.ok(requests.filter(({ url }) => url.startsWith("/host/")).length > 3);
    assert.equal(abandons().length, 1);
  });

  it("abandons the launch when the disk is full", async () => {
    const result = await run((script) => script.replace(`'${root}/etc/config.json'`, "/dev/full"));
    assert.match(result.console, /\/dev\/full: disk full or not writable/);
    assert.equal(abandons().length, 1);
  });

  it("reports that the launch could not be abandoned and still exits with an error", async () => {
    mkdirSync(join(root, "home"), { recursive: true });
    s3Status = 500;
    const result = await run((script) => script.replace("-f -o /dev/null", "-f -o /dev/null --unknown-option"));
    assert.equal(result.code, 1);
    assert.match(result.console, /could not be abandoned/);
  });
});
