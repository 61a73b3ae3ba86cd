import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import type { Server } from "node:http";
import { type Agent, createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { HostProxy } from "../../../../contract/shared/host-setup";
import { awsClients } from "../../../../host-config/actions-runner-pool/agent/aws-clients";
import { proxyAgent } from "../../../../host-config/shared/proxy/agent";
import { SDK_CONNECT_MS } from "../../../../host-config/shared/sdk-bounds";
import { hostClient } from "../../../../host-config/shared/sdk-client";
import { type Certificates, createCertificates } from "../../../../rehearsal/aws/front/certificates";
import { ConnectProxy } from "../../../support/connect-proxy";

describe("a host's calls to AWS by its proxy", () => {
  let folder: string;
  let certificates: Certificates;
  let aws: Server;
  let proxy: ConnectProxy;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "proxy-agent-"));
    certificates = await createCertificates(folder, []);
    aws = createTlsServer({ cert: certificates.cert, key: certificates.key }, (request, response) => {
      request.resume();
      response.setHeader("content-type", "application/x-amz-json-1.1").end(JSON.stringify({ SecretString: "token" }));
    }) as unknown as Server;
    await new Promise<void>((resolve) => aws.listen(0, "127.0.0.1", resolve));
  });
  beforeEach(async () => {
    proxy = new ConnectProxy(() => portOf(aws));
    await proxy.listen();
  });
  afterEach(() => proxy.close());
  after(() => {
    aws.closeAllConnections();
    aws.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const target = () => `127.0.0.1:${portOf(aws)}`;
  const portOf = (server: Server) => (server.address() as AddressInfo).port;
  const proxied = (more: Partial<HostProxy> = {}): HostProxy => ({
    https: proxy.url,
    noProxy: [],
    awsByProxy: true,
    ...more,
  });

  /** The client of production, but for the endpoint, the credentials, the authority and, unless asked for, its attempts. */
  async function secret(agent: Agent, attempts: object = { maxAttempts: 1 }): Promise<string | undefined> {
    agent.options.ca = certificates.ca;
    const credentials = { accessKeyId: "A", secretAccessKey: "S" };
    const overrides = { endpoint: `https://${target()}`, credentials, ...attempts };
    const client = hostClient(SecretsManagerClient, "eu-west-1", overrides, agent);
    try {
      return (await client.send(new GetSecretValueCommand({ SecretId: "one" }))).SecretString;
    } finally {
      client.destroy();
      agent.destroy();
    }
  }

  it("pass through a tunnel, with AWS's own certificate at its end", async () => {
    assert.equal(await secret(proxyAgent(proxied())!), "token");
    assert.deepEqual(proxy.asked, [target()]);
  });

  it("go straight to AWS without awsByProxy, and without a proxy for https", async () => {
    for (const other of [undefined, proxied({ awsByProxy: undefined }), proxied({ https: undefined, http: "http://127.0.0.1:1" })]) {
      assert.equal(proxyAgent(other), undefined);
    }
  });

  it("go straight to an endpoint that the user excepts, also with awsByProxy", async () => {
    assert.equal(await secret(proxyAgent(proxied({ noProxy: ["127.0.0.1"] }))!), "token");
    assert.deepEqual(proxy.asked, []);
  });

  it("fail with the proxy's name and answer if it refuses, instead of taking its page for AWS's answer", async () => {
    proxy.status = 403;
    const expected = new RegExp(`proxy 127\\.0\\.0\\.1:${proxy.port}: HTTP 403 \\(CONNECT ${target()}\\)`);
    await assert.rejects(secret(proxyAgent(proxied())!), expected);
  });

  it("fail with the proxy's name if nothing listens there", async () => {
    await assert.rejects(secret(proxyAgent(proxied({ https: "http://127.0.0.1:9" }))!), /proxy 127\.0\.0\.1:9: .*ECONNREFUSED/);
  });

  for (const blip of [503, "reset", undefined] as const) {
    const answer = blip === undefined ? "no answer" : blip === "reset" ? "a reset" : `HTTP ${blip}`;
    it(`are tried again after ${answer} of the proxy: its reload must cost no heartbeat, and no count that is sent once`, async () => {
      proxy.first.push(blip);
      assert.equal(await secret(proxyAgent(proxied())!, {}), "token");
      assert.equal(proxy.asked.length, 2);
    });
  }

  it("are tried again if nothing listens for a moment, as a call without a proxy would be", async () => {
    const { port } = proxy;
    const agent = proxyAgent(proxied())!;
    await proxy.close();
    const create = agent.createConnection.bind(agent);
    agent.createConnection = (options, callback) =>
      create(options, (error, socket) => void (error ? proxy.listen(port).then(() => callback!(error, socket)) : callback!(null, socket)));
    assert.equal(await secret(agent, {}), "token");
  });

  it("are not tried again if the proxy denies them: it would say the same, and the reason would only come later", async () => {
    for (const status of [403, 407]) {
      proxy.status = status;
      proxy.asked.length = 0;
      await assert.rejects(secret(proxyAgent(proxied())!, {}), new RegExp(`HTTP ${status}`));
      assert.equal(proxy.asked.length, 1);
    }
  });

  it("leave no connection open to a proxy that does not answer: the agent runs for weeks and asks it every few seconds", async () => {
    proxy.status = undefined;
    await assert.rejects(secret(proxyAgent(proxied())!));
    assert.equal(proxy.asked.length, 1);
    await new Promise<void>((resolve, reject) => {
      const [socket] = proxy.open;
      if (!socket) return resolve();
      socket.on("close", () => resolve());
      setTimeout(() => reject(new Error("the connection is still open")), 5 * SDK_CONNECT_MS).unref();
    });
  });

  it("are all made so, by whichever client: one that forgot the proxy would reach nothing from such a network", async () => {
    const clients = awsClients("eu-west-1", proxied());
    const agents = await Promise.all(
      Object.values(clients).map(async ({ config }) => {
        const handler = config.requestHandler as unknown as { configProvider: Promise<{ httpsAgent: Agent }> };
        return (await handler.configProvider).httpsAgent;
      }),
    );
    assert.equal(agents.length, 3);
    assert.equal(new Set(agents).size, 1);
    assert.equal(agents[0]!.constructor.name, "TunnelAgent");
  });
});
