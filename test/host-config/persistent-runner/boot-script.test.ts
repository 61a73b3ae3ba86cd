import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunOrder } from "../../../contract/persistent-runner/order";
import { bootScript, INSTALL_LOG } from "../../../host-config/persistent-runner/boot-script";
import { assertSigned, SECRET_KEY, type SeenRequest } from "../shared/signed-request";
import { CONFIG } from "./fixtures";

const SCRIPT = "#!/bin/bash\necho set up\n";
const sha256 = (content: string | Buffer) => createHash("sha256").update(content).digest("hex");

describe("the boot script, run against a loopback server in place of AWS", () => {
  let root: string;
  let server: Server;
  let origin: string;
  let requests: SeenRequest[];
  let objects: Record<string, { status: number; body: string | Buffer }>;
  /** The secret's text; undefined: it is not there yet, or not this instance's. */
  let secret: string | undefined;
  let deletions: number;

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), "boot-"));
    for (const folder of ["etc", "var", "run", "bin", "home"]) mkdirSync(join(root, folder));
    requests = [];
    objects = {};
    secret = undefined;
    deletions = 200;
    for (const tool of ["systemctl", "systemd-run"]) {
      writeFileSync(join(root, "bin", tool), `#!/bin/bash\necho ${tool} "$@" >>${root}/asked\n[ "$2" != is-active ]\n`, { mode: 0o755 });
    }
    server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        const url = request.url!;
        requests.push({ method: request.method!, url, headers: request.headers, body });
        if (url === "/latest/api/token") return response.end("METADATA-TOKEN");
        if (url === "/latest/meta-data/iam/security-credentials/") return response.end("role-of-host");
        if (url.endsWith("/role-of-host"))
          return response.end(JSON.stringify({ AccessKeyId: "AKID", SecretAccessKey: SECRET_KEY, Token: "SESSION/+==" }, null, 2));
        const target = request.headers["x-amz-target"];
        if (target === "secretsmanager.GetSecretValue" && secret !== undefined)
          return response.end(
            JSON.stringify({ ARN: "arn:aws:secretsmanager:x", Name: "order", SecretString: secret, VersionStages: ["AWSCURRENT"] }),
          );
        if (target === "secretsmanager.DeleteSecret") return response.writeHead(deletions).end("{}");
        if (target !== undefined) return response.writeHead(400).end('{"__type":"AccessDeniedException"}');
        const object = objects[url] ?? { status: 404, body: "" };
        return response.writeHead(object.status).end(object.body);
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

  const INSTALLS = `cp "$1" "$(dirname "$0")/seen.json"
printf '#!/bin/bash\\necho "$@" >>"$(dirname "$0")/agent-called"\\n' >"$(dirname "$0")/node"
chmod +x "$(dirname "$0")/node"
`;

  /** Stores what the order names, and the order. */
  function place(more: Partial<Omit<RunOrder, "purpose">> & { purpose?: string } = {}, config: object = CONFIG, installer = INSTALLS) {
    const bundle = tarOf({ "install.sh": installer });
    const text = JSON.stringify(config);
    const put = (key: string, body: string | Buffer) => {
      objects[`/artefacts/${key}`] = { status: 200, body };
      return { bucket: "artefacts", key, sha256: sha256(body) };
    };
    const order = {
      generation: 7,
      purpose: "run",
      bundle: put("host-bundles/b.tar", bundle),
      configuration: put("host-bundles/c.json", text),
      jitConfiguration: "eyJ4IjoxfQ==",
      ...more,
    };
    secret = JSON.stringify(order);
    return order;
  }

  /** Runs the rendered script; only its addresses, folders and pauses are replaced. */
  function run(change: (script: string) => string = (script) => script): Promise<{ code: number; said: string }> {
    const script = bootScript(CONFIG)
      .replace("http://169.254.169.254", origin)
      .replace("'https://secretsmanager.eu-west-1.amazonaws.com/'", `'${origin}/secrets/'`)
      .replaceAll(/https:\/\/(\$\(text bucket "\$1"\)|\$bucket)\.s3\.eu-west-1\.amazonaws\.com\//g, `${origin}/$1/`)
      .replaceAll(INSTALL_LOG, `${root}/install.log`)
      .replaceAll("/opt/ci-runners", `${root}/home`)
      .replaceAll("/etc/ci-runners", `${root}/etc`)
      .replaceAll("/var/lib/ci-runners", `${root}/var`)
      .replaceAll("/run/ci-runners", `${root}/run`)
      .replace(/^( +)sleep .*$/gm, "$1sleep 0.05");
    return new Promise((resolve) => {
      writeFileSync(join(root, "boot.sh"), change(script));
      const env = { PATH: `${root}/bin:${process.env.PATH}` };
      execFile("bash", [join(root, "boot.sh")], { env }, (error, _stdout, stderr) =>
        resolve({ code: error ? Number(error.code) : 0, said: stderr }),
      );
    });
  }

  const called = () => (existsSync(join(root, "home/agent-called")) ? readFileSync(join(root, "home/agent-called"), "utf8").trim() : "");
  const asked = () => (existsSync(join(root, "asked")) ? readFileSync(join(root, "asked"), "utf8") : "");
  const prepared = () => writeFileSync(join(root, "var/prepared"), "x\n");
  const objectsFetched = () => requests.filter(({ url }) => url.startsWith("/artefacts/")).map(({ url }) => url.split("/").at(-1));

  it("reads its order by requests that AWS would accept, deletes it, and hands over what the order names", async () => {
    prepared();
    const order = place({ jitConfiguration: "a+/b==" });
    const result = await run();
    assert.deepEqual([result.code, called()], [0, `${root}/home/agent.cjs boot`], result.said);
    const sent = requests.filter(({ headers }) => headers["x-amz-target"] !== undefined);
    assert.deepEqual(
      sent.map(({ headers, body }) => [headers["x-amz-target"], JSON.parse(body)]),
      [
        ["secretsmanager.GetSecretValue", { SecretId: "ci-runners-order/e2e" }],
        ["secretsmanager.DeleteSecret", { SecretId: "ci-runners-order/e2e", ForceDeleteWithoutRecovery: true }],
      ],
    );
    for (const request of sent) {
      assert.equal(request.headers["content-type"], "application/x-amz-json-1.1");
      assertSigned(request, "secretsmanager", sha256(request.body));
    }
    assertSigned(requests.find(({ url }) => url.endsWith("b.tar"))!, "s3", sha256(""));
    assert.deepEqual(JSON.parse(readFileSync(join(root, "run/order.json"), "utf8")), order);
    assert.equal(statSync(join(root, "run/order.json")).mode & 0o777, 0o600, "it has the runner's credentials");
    assert.deepEqual(JSON.parse(readFileSync(join(root, "home/seen.json"), "utf8")), CONFIG);
    assert.ok(!result.said.includes("a+/b=="));
  });

  it("waits for an order that comes late, and on the first day longer than on others", async () => {
    place();
    const late = secret;
    secret = undefined;
    const running = run((script) => script.replace(/SECONDS" -ge \d+/, 'SECONDS" -ge 0'));
    while (requests.filter(({ headers }) => headers["x-amz-target"]).length < 3) await new Promise((resolve) => setTimeout(resolve, 20));
    secret = late;
    assert.equal((await running).code, 0);
    assert.match(called(), /boot$/);
  });

  it("without an order leaves a prepared machine on until the idle stop, and says so", async () => {
    prepared();
    const result = await run((script) => script.replace(/SECONDS" -ge \d+/, 'SECONDS" -ge 0'));
    assert.equal(result.code, 0);
    assert.match(result.said, /no order within 120 s, staying for an operator until the idle stop after 1800 s: .*400/);
    assert.equal(called(), "");
  });

  it("arms the limit of a first boot only where the machine is prepared: before everything, or for a provisioning", async () => {
    place();
    await run();
    assert.match(asked(), /systemd-run .*--unit=ci-runners-first-boot --on-active=1200 /);
    prepared();
    rmSync(join(root, "asked"));
    await run();
    assert.equal(asked(), "");
    place({ purpose: "provision" });
    await run();
    assert.match(asked(), /--on-active=1200 /);
  });

  it("fetches bundle, configuration and setup script once, as the order pins them", async () => {
    prepared();
    const script = { key: "host-bundles/s.setup", sha256: sha256(SCRIPT) };
    objects["/artefacts/host-bundles/s.setup"] = { status: 200, body: SCRIPT };
    place({}, { ...CONFIG, jobEnvironment: { ODD: '"script":{"key":"x","sha256":"y"}' }, script });
    await run();
    await run();
    assert.deepEqual(objectsFetched(), ["b.tar", "c.json", "s.setup"], "a full disk takes nothing anew");
    assert.equal(readFileSync(join(root, "home/setup/script"), "utf8"), SCRIPT);
    assert.equal(statSync(join(root, "home/setup/script")).mode & 0o777, 0o700);
  });

  for (const part of ["bundle", "configuration"] as const) {
    it(`takes no ${part} but the one that its order pins, and hands the reason to the agent of before`, async () => {
      prepared();
      await (place(), run());
      rmSync(join(root, "home/agent-called"));
      const before = readFileSync(join(root, "etc/config.json"), "utf8");
      place({ [part]: { ...place()[part], sha256: "1".repeat(64) } });
      const result = await run();
      assert.equal(result.code, 1);
      assert.match(result.said, /boot failed: .* has the wrong SHA-256, expected 1111/);
      assert.match(called(), /agent\.cjs failed .*has the wrong SHA-256/);
      assert.equal(readFileSync(join(root, "etc/config.json"), "utf8"), before);
    });
  }

  it("shows the last lines of the installer's output", async () => {
    place({}, CONFIG, "echo starting >&2\necho 'no space left on device' >&2\nexit 3\n");
    const result = await run();
    assert.equal(result.code, 1);
    assert.match(result.said, /boot failed: install\.sh: starting no space left on device/);
  });

  it("goes on if its order cannot be deleted: the reaper does that, too", async () => {
    prepared();
    place();
    deletions = 500;
    const result = await run();
    assert.equal(result.code, 0);
    assert.match(result.said, /the order could not be deleted/);
    assert.match(called(), /boot$/);
  });

  it("shows no other user its credentials or its order as arguments", async () => {
    prepared();
    place({ jitConfiguration: "SECRETJIT" });
    const real = execFileSync("bash", ["-c", "command -v curl"], { encoding: "utf8" }).trim();
    writeFileSync(join(root, "bin/curl"), `#!/bin/bash\nprintf '%s\\n' "$@" >>${root}/arguments\nexec ${real} "$@"\n`, { mode: 0o755 });
    assert.equal((await run()).code, 0);
    const seen = readFileSync(join(root, "arguments"), "utf8");
    assert.match(seen, /secrets/);
    for (const part of [SECRET_KEY, "SESSION", "AKID", "SECRETJIT"]) assert.ok(!seen.includes(part), part);
  });

  it("bounds a preparation by the limit of the configuration that it prepares, not by that of the first day", async () => {
    place({ purpose: "provision" }, { ...CONFIG, jobEnvironment: { firstBootTimeout: "5" }, firstBootTimeout: 3600 });
    assert.equal((await run()).code, 0);
    const limits = [...asked().matchAll(/--on-active=(\d+)/g)].map(([, seconds]) => seconds);
    assert.deepEqual(limits, ["1200", "3600"]);
    assert.match(asked(), /systemctl stop ci-runners-first-boot\.timer\n[\s\S]*--on-active=3600/);
  });

  it("reaches its order without the proxy of the last preparation where that leads nowhere, and then has that of its configuration", async () => {
    prepared();
    place(
      {},
      { ...CONFIG, proxy: { http: "http://new:1", https: "http://new:2", noProxy: [] } },
      `${INSTALLS}echo "$https_proxy" >"$(dirname "$0")/proxy"\n`,
    );
    const broken = "export http_proxy=http://127.0.0.1:9\nexport https_proxy=http://127.0.0.1:9\n";
    const result = await run((script) => script.replace(/^fetched=/m, `${broken}fetched=`));
    assert.equal(result.code, 0, result.said);
    assert.match(result.said, /the order was reached only without the proxy/);
    assert.equal(readFileSync(join(root, "home/proxy"), "utf8"), "http://new:2\n");
  });
});
