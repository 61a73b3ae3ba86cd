import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { proxyVariables } from "../../../host-config/shared/proxy/variables";
import { type Certificates, createCertificates } from "../../../rehearsal/aws/front/certificates";
import { RunnerProxy } from "../../../rehearsal/runner/program/proxy";
import { ConnectProxy } from "../../support/connect-proxy";
import { serveGitHub, type ServedGitHub } from "../github/fixture";
import { TestRunner, until } from "./fixture";

describe("the runner stand-in's choice of a proxy, by the rules of the official runner", () => {
  const P = "http://p:3128";
  const chosen = (url: string, environment: NodeJS.ProcessEnv) => new RunnerProxy(environment).proxyFor(new URL(url));

  it("is by scheme, in lower case first, and not that of another scheme", () => {
    assert.equal(chosen("https://github.com/", {}), undefined);
    assert.equal(chosen("https://github.com/", { https_proxy: P, HTTPS_PROXY: "http://other:1" }), `${P}/`);
    assert.equal(chosen("https://github.com/", { HTTPS_PROXY: P }), `${P}/`);
    assert.equal(chosen("https://github.com/", { http_proxy: P, ALL_PROXY: P }), undefined);
    assert.equal(chosen("http://github.com/", { http_proxy: P }), `${P}/`);
  });

  it("excepts hosts, domains and ports, and itself", () => {
    const excepted = (url: string, no_proxy: string) => chosen(url, { https_proxy: P, http_proxy: P, no_proxy }) === undefined;
    assert.ok(excepted("https://git.corp/", "git.corp"));
    assert.ok(excepted("https://a.git.corp/", "other, GIT.corp"));
    assert.ok(!excepted("https://agit.corp/", "git.corp"));
    assert.ok(excepted("https://a.git.corp/", ".git.corp"));
    assert.ok(!excepted("https://git.corp/", ".git.corp"));
    assert.ok(excepted("https://git.corp:8443/", "git.corp:8443"));
    assert.ok(!excepted("https://git.corp/", "git.corp:8443"));
    assert.ok(excepted("https://git.corp/", "git.corp:443"));
    assert.ok(excepted("http://127.0.0.1:8080/", ""));
  });

  it("knows no addresses among the exceptions, and misreads those of IPv6, which a stack must not depend on", () => {
    const excepted = (url: string, no_proxy: string) => chosen(url, { https_proxy: P, no_proxy }) === undefined;
    assert.ok(!excepted("https://10.1.2.3/", "10.1.2.3,10.0.0.0/8"));
    assert.ok(excepted("https://10.0.0.1/", "::1"));
    assert.ok(!excepted("https://github.com/", "fd00:ec2::254"));
  });

  it("ends the runner at an exception of colons alone, as the official one ends", () => {
    assert.throws(() => chosen("https://github.com/", { https_proxy: P, no_proxy: "git.corp,::" }), /Value cannot be null/);
    assert.equal(chosen("https://github.com/", { https_proxy: P, no_proxy: "git.corp,, " }), `${P}/`);
  });

  it("is handed to jobs in both cases, with a slash, and without the port if that is 80, which curl would then take for 1080", () => {
    const environment: NodeJS.ProcessEnv = { https_proxy: "http://p:80", NO_PROXY: ".corp" };
    new RunnerProxy(environment);
    assert.deepEqual(environment, { https_proxy: "http://p/", HTTPS_PROXY: "http://p/", no_proxy: ".corp", NO_PROXY: ".corp" });
  });

  it("is that of a pool's unit for GitHub's hosts, and none of the pool's exceptions hides one of them", () => {
    const environment = proxyVariables({ https: P, noProxy: [".corp", "10.0.0.0/8"] });
    for (const host of ["github.com", "api.github.com", "broker.actions.githubusercontent.com"]) {
      assert.equal(chosen(`https://${host}/`, { ...environment }), `${P}/`, host);
    }
    assert.equal(chosen("https://ghe.corp/", { ...environment }), undefined);
  });
});

describe("the runner stand-in behind a proxy", () => {
  const HOST = "ghe.invalid";
  const CLIENT = resolve(__dirname, "../../../rehearsal/runner/program/client");
  let folder: string;
  let served: ServedGitHub;
  let server: Server;
  let certificates: Certificates;
  let proxy: ConnectProxy;
  let runner: TestRunner;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "runner-proxy-"));
    served = await serveGitHub();
    certificates = await createCertificates(folder, [HOST]);
    server = createServer({ cert: certificates.cert, key: certificates.key }, (request, response) =>
      served.github.handler(request, response),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    proxy = new ConnectProxy(() => (server.address() as AddressInfo).port);
    await proxy.listen();
    served.github.options.baseUrl = `https://${HOST}`;
    runner = await TestRunner.unpack({ ...served, url: `https://${HOST}` });
  });
  afterEach(async () => {
    runner.dispose();
    await proxy.close();
    server.closeAllConnections();
    server.close();
    await served.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const register = async (environment: NodeJS.ProcessEnv) =>
    runner.run("config.sh", ["--unattended", "--url", `https://${HOST}/example-org`, "--token", await runner.token()], environment);

  it("registers, takes a job and reports it by the proxy alone, and hands the proxy to the job's steps", async () => {
    const environment = { SSL_CERT_FILE: certificates.caFile, https_proxy: proxy.url };
    const registered = await register(environment);
    assert.equal(registered.code, 0, registered.output);
    runner.service(environment);
    await until("Listening for Jobs", () => runner.said(/Listening for Jobs/));
    const shown = join(folder, "shown");
    const steps = [{ name: "show", run: `echo "$HTTPS_PROXY" >${shown}` }];
    const job = served.github.queueJob({ name: "build", labels: ["self-hosted"], steps });
    await served.github.jobsSettled();
    assert.equal(served.github.job(job).state, "succeeded");
    assert.equal(readFileSync(shown, "utf8"), `${proxy.url}/\n`);
    assert.ok(proxy.asked.length > 1 && proxy.asked.every((target) => target === `${HOST}:443`), proxy.asked.join());
  });

  it("gives up on a proxy that does not answer as on a host that does not, or the listener would never poll again", async () => {
    proxy.status = undefined;
    const program = `process.env.https_proxy = ${JSON.stringify(proxy.url)};
      require("ts-node/register");
      const { request } = require(${JSON.stringify(CLIENT)});
      const failure = (options) => request("GET", "https://${HOST}/", options).catch(({ message }) => message);
      const stop = new AbortController();
      const stopped = failure({ signal: stop.signal });
      failure({ timeoutMs: 300 }).then(async (late) => {
        stop.abort(new Error("stopped"));
        console.log([late, await stopped].join());
        process.exit();
      });`;
    const { stdout } = await promisify(execFile)(process.execPath, ["-e", program], { encoding: "utf8", timeout: 60_000 });
    assert.equal(stdout.trim(), `GET https://${HOST}/ timed out,stopped`);
    assert.deepEqual(proxy.asked, [`${HOST}:443`, `${HOST}:443`]);
  });

  it("fails with the proxy's refusal, which is no answer of GitHub's: by one the listener would give up its registration", async () => {
    proxy.status = 403;
    const { code, output } = await register({ SSL_CERT_FILE: certificates.caFile, https_proxy: proxy.url });
    assert.equal(code, 1);
    assert.match(output, /The proxy tunnel request to proxy 'http:\/\/127\.0\.0\.1:\d+\/' failed with status code '403'/);
  });

  it("reads the proxy of the runner's own file of variables, too, as an image may have it", async () => {
    writeFileSync(runner.path(".env"), `https_proxy=${proxy.url}\n`);
    const { code, output } = await register({ SSL_CERT_FILE: certificates.caFile });
    assert.equal(code, 0, output);
  });
});
