import assert from "node:assert/strict";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { awsPorts, parseToken } from "../../../host-config/actions-runner-pool/agent/aws-adapters";
import { awsClients } from "../../../host-config/actions-runner-pool/agent/aws-clients";
import { CONFIG, FakeHost } from "./fake-host";

describe("the agent's calls to AWS", () => {
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

  const ports = () => {
    const imds = new FakeHost().imds;
    const overrides = { endpoint: origin, credentials: { accessKeyId: "A", secretAccessKey: "S" } };
    return awsPorts(awsClients(CONFIG.region, undefined, overrides), CONFIG, imds, { now: () => Date.now() });
  };
  const refuse =
    (status: number, code: string, message: string): RequestListener =>
    (request, response) => {
      request.resume();
      const body = `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>r</RequestId></ErrorResponse>`;
      response.writeHead(status, { "content-type": "text/xml" }).end(body);
    };

  it("treat a missing lifecycle action as completed", async () => {
    answer = refuse(400, "ValidationError", "No active Lifecycle Action found with instance ID i-0123456789abcdef0");
    assert.equal(await ports().lifecycle.complete("hook", "CONTINUE"), "none");
    assert.equal(await ports().lifecycle.heartbeat("hook"), "none");
  });

  it("do not treat any other error as completed", async () => {
    answer = refuse(400, "ValidationError", "AutoScalingGroup name not found");
    await assert.rejects(ports().lifecycle.complete("hook", "CONTINUE"), /not found/);
    answer = refuse(403, "AccessDenied", "not authorized");
    await assert.rejects(ports().lifecycle.heartbeat("hook"), /not authorized/);
  });

  it("are retried when Auto Scaling throttles or reports contention on the group", async () => {
    for (const [status, code] of [
      [400, "Throttling"],
      [500, "ResourceContention"],
    ] as const) {
      let calls = 0;
      answer = (request, response) => {
        if (++calls < 3) return refuse(status, code, "Rate exceeded")(request, response);
        request.resume();
        response.end("<CompleteLifecycleActionResponse><CompleteLifecycleActionResult/></CompleteLifecycleActionResponse>");
      };
      assert.equal(await ports().lifecycle.complete("hook", "CONTINUE"), "done", code);
      assert.equal(calls, 3);
    }
  });

  it("treat the protection of an instance in another state as refused, not as an error", async () => {
    answer = refuse(400, "ValidationError", "The instance i-0123456789abcdef0 is not in InService or EnteringStandby or Standby.");
    assert.equal(await ports().protection.set(true), "refused");
  });

  for (const code of ["AccessDeniedException", "ResourceNotFoundException", "InvalidRequestException"]) {
    it(`treat a secret that is answered by ${code} as not there yet, and as deleted, instead of reporting a refusal at each launch`, async () => {
      answer = (request, response) => {
        request.resume();
        response.writeHead(400, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify({ __type: code, message: "no" }));
      };
      assert.equal(await ports().secrets.token(), undefined);
      await ports().secrets.delete();
    });
  }

  it("do not hide any other failure of Secrets Manager", async () => {
    answer = (request, response) => {
      request.resume();
      response.writeHead(400, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify({ __type: "DecryptionFailure" }));
    };
    await assert.rejects(ports().secrets.token(), { name: "DecryptionFailure" });
    await assert.rejects(ports().secrets.delete(), { name: "DecryptionFailure" });
  });

  it("read and delete only the instance's own secret", async () => {
    let asked = "";
    answer = (request, response) => {
      request.on("data", (chunk: Buffer) => (asked += chunk.toString()));
      request.on("end", () =>
        response
          .writeHead(400, { "content-type": "application/x-amz-json-1.1" })
          .end(JSON.stringify({ __type: "ResourceNotFoundException", message: "Secrets Manager can't find the specified secret." })),
      );
    };
    assert.equal(await ports().secrets.token(), undefined);
    await ports().secrets.delete();
    assert.match(asked, /"SecretId":"ci-runners\/pool\/i-0123456789abcdef0"/);
    assert.match(asked, /"ForceDeleteWithoutRecovery":true/);
  });

  it("reject a malformed or expired token without printing it", () => {
    const now = Date.parse("2026-11-22T10:00:00Z");
    assert.equal(parseToken(JSON.stringify({ token: "T0P", expiresAt: "2026-11-22T11:00:00Z" }), now), "T0P");
    for (const value of [
      undefined,
      "T0P",
      "null",
      "{}",
      '{"token":""}',
      JSON.stringify({ token: "T0P", expiresAt: "2026-11-22T09:59:59Z" }),
    ]) {
      assert.throws(
        () => parseToken(value, now),
        (error: Error) => !error.message.includes("T0P"),
        String(value),
      );
    }
  });
});
