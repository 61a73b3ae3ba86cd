import assert from "node:assert/strict";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { imdsClient } from "../../../host-config/shared/imds";

describe("the instance metadata client", () => {
  let server: Server;
  let answer: RequestListener;
  let origin: string;
  before(async () => {
    server = createServer((request, response) => answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  it("reuses its token, and requests a new one when the old one is refused", async () => {
    let tokens = 0;
    answer = (request, response) => {
      if (request.method === "PUT") return response.end(`token-${++tokens}`);
      // The first token expires after one use, as after hibernation.
      if (request.headers["x-aws-ec2-metadata-token"] === "token-1" && uses++ > 0) return response.writeHead(401).end();
      response.end("InService\n");
    };
    let uses = 0;
    const imds = imdsClient(origin);
    for (let n = 0; n < 4; n++) assert.equal(await imds.targetState(), "InService");
    assert.equal(tokens, 2);
  });

  it("distinguishes a missing value from a failure, and times out when the service does not answer", async () => {
    let status = 404;
    answer = (request, response) => {
      if (request.method === "PUT") return response.end("token");
      if (status !== 0) response.writeHead(status).end();
    };
    const imds = imdsClient(origin);
    assert.equal(await imds.targetState(), undefined);
    status = 500;
    await assert.rejects(imds.targetState(), /HTTP 500/);
    status = 0;
    await assert.rejects(imds.targetState(), /target-lifecycle-state/);
  });
});
