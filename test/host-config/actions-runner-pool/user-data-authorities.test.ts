import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { renderUserData } from "../../../host-config/actions-runner-pool/user-data";
import { type Certificates, createCertificates } from "../../../rehearsal/aws/front/certificates";
import { CONFIG } from "./fake-host";

const KEY = "host/abc/bundle.tar";

describe("user data of a pool with private authorities, against AWS behind TLS", () => {
  let root: string;
  let servers: Server[];
  let metadata: string;
  let bundle: Buffer;
  let proxy: Certificates;
  let other: Certificates;

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), "user-data-authorities-"));
    servers = [];
    writeFileSync(join(root, "install.sh"), 'cp "$CURL_CA_BUNDLE" "$(dirname "$0")/installed"\n');
    bundle = execFileSync("tar", ["-cf", "-", "-C", root, "install.sh"]);
    proxy = await createCertificates(join(root, "proxy"), []);
    other = await createCertificates(join(root, "other"), []);
    metadata = `http://127.0.0.1:${await listening(createHttpServer(answerMetadata))}`;
  });

  afterEach(async () => {
    for (const server of servers) await new Promise((resolve) => server.close(resolve));
    rmSync(root, { recursive: true, force: true });
  });

  function listening(server: Server): Promise<number> {
    servers.push(server);
    return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)));
  }

  const answerMetadata: RequestListener = ({ url = "" }, response) => {
    if (url.endsWith("/role")) return response.end('{"AccessKeyId" : "AKID", "SecretAccessKey" : "SECRET", "Token" : "SESSION"}');
    return response.end(url.endsWith("/security-credentials/") ? "role" : "i-0123456789abcdef0");
  };

  /**
   * Runs the rendered script; only its addresses, folders and pauses are replaced.
   *
   * @param server the certificate that S3 and Auto Scaling show
   * @param image authorities of the image; undefined if it has no such file
   */
  async function run(server: Certificates, given: Certificates, image: Certificates | undefined) {
    const requests: string[] = [];
    const port = await listening(
      createHttpsServer({ cert: server.cert, key: server.key }, (request, response) => {
        requests.push(request.url!);
        response.setHeader("connection", "close").end(request.url!.endsWith(KEY) ? bundle : "<ok/>");
      }),
    );
    if (image) writeFileSync(join(root, "store.pem"), `${image.ca}\n`);
    const location = { bucket: "artefacts", key: KEY, sha256: createHash("sha256").update(bundle).digest("hex") };
    const script = renderUserData({ ...CONFIG, privateAuthorities: true }, location, `${given.ca}\n`)
      .replace("http://169.254.169.254", metadata)
      .replace("https://artefacts.s3.eu-west-1.amazonaws.com", `https://127.0.0.1:${port}`)
      .replace("https://autoscaling.eu-west-1.amazonaws.com", `https://127.0.0.1:${port}`)
      .replace("'/opt/ci-runners'", `'${root}/home'`)
      .replaceAll("/etc/ci-runners/", `${root}/etc/`)
      .replace("/etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt", `${root}/absent.pem ${root}/store.pem`)
      .replace("/dev/console", `${root}/console`)
      .replace(/^( +)sleep .*$/m, "$1:");
    writeFileSync(join(root, "user-data"), script);
    const code = await new Promise<number>((resolve) => {
      execFile("bash", [join(root, "user-data")], { env: { PATH: process.env.PATH } }, (error) => resolve(error ? Number(error.code) : 0));
    });
    return { code, requests, console: readFileSync(join(root, "console"), "utf8") };
  }

  it("downloads the bundle through a proxy that only the given authorities certify, or no instance would ever boot", async () => {
    const result = await run(proxy, proxy, other);
    assert.deepEqual([result.code, result.requests], [0, [`/${KEY}`]], result.console);
    const trusted = readFileSync(join(root, "home/installed"), "utf8");
    assert.ok(trusted.includes(proxy.ca) && trusted.includes(other.ca), "install.sh downloads, too");
  });

  it("still downloads from a server that the image's own authorities certify, as S3 does where no proxy inspects it", async () => {
    const result = await run(other, proxy, other);
    assert.deepEqual([result.code, result.requests], [0, [`/${KEY}`]], result.console);
  });

  it("abandons a launch by the given authorities, or it would wait for its hook's timeout", async () => {
    bundle = Buffer.from("not a tar file");
    const result = await run(proxy, proxy, other);
    assert.equal(result.code, 1);
    assert.match(result.console, /could not be unpacked/);
    assert.deepEqual(result.requests, [`/${KEY}`, "/", "/"]);
  });

  it("trusts no server that neither of them certifies", async () => {
    const result = await run(other, proxy, proxy);
    assert.deepEqual([result.code, result.requests], [1, []]);
    assert.match(result.console, /the launch could not be abandoned/);
    assert.ok(!existsSync(join(root, "home/installed")));
  });
});
