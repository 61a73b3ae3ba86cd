import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serveGitHub, type ServedGitHub } from "../github/fixture";
import { TestRunner } from "./fixture";

describe("the runner stand-in over TLS", () => {
  let folder: string;
  let served: ServedGitHub;
  let server: Server;
  let runner: TestRunner;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "runner-tls-"));
    const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=rehearsal"];
    const files = ["-keyout", join(folder, "key.pem"), "-out", join(folder, "ca.pem")];
    const names = ["-addext", "subjectAltName=IP:127.0.0.1"];
    execFileSync("openssl", [...request, ...files, ...names], { stdio: "ignore" });
    served = await serveGitHub();
    const [cert, key] = ["ca.pem", "key.pem"].map((file) => readFileSync(join(folder, file)));
    server = createServer({ cert, key }, (req, res) => served.github.handler(req, res));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const secure = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    served.github.options.baseUrl = secure;
    runner = await TestRunner.unpack({ ...served, url: secure });
  });
  afterEach(async () => {
    runner.dispose();
    server.closeAllConnections();
    server.close();
    await served.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("trusts the host's certificates, as .NET does, and no others", async () => {
    const token = await runner.token();
    const flags = ["--unattended", "--url", `${served.github.options.baseUrl}/example-org`, "--token", token];
    const mistrusted = await runner.run("config.sh", flags);
    assert.equal(mistrusted.code, 1);
    assert.match(mistrusted.output, /certificate/);
    const trust = { SSL_CERT_FILE: join(folder, "ca.pem") };
    assert.equal((await runner.run("config.sh", flags, trust)).code, 0);
    runner.service(trust);
    await runner.listening();
    const job = served.github.queueJob({ name: "build", labels: ["self-hosted"], seconds: 0 });
    await served.github.jobsSettled();
    assert.equal(served.github.job(job).state, "succeeded");
  });
});
