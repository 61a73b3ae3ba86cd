import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { awsPorts, parseToken } from "../../../host-config/actions-runner-pool/agent/aws";
import { imdsClient } from "../../../host-config/actions-runner-pool/agent/imds";
import { accountOf, configArguments, registrar } from "../../../host-config/actions-runner-pool/agent/registrar";
import { CONFIG, FakeHost } from "./fake-host";

describe("clients of the agent", () => {
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

  describe("instance metadata", () => {
    it("takes a token once, and a new one when the old one is refused", async () => {
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

    it("tells a missing answer from a failure, and gives up on silence", async () => {
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

  describe("AWS", () => {
    const ports = () => {
      const imds = new FakeHost().imds;
      const overrides = { endpoint: origin, credentials: { accessKeyId: "A", secretAccessKey: "S" } };
      return awsPorts(CONFIG, imds, { now: () => Date.now(), sleep: async () => undefined }, overrides);
    };
    const refuse =
      (status: number, code: string, message: string): RequestListener =>
      (request, response) => {
        request.resume();
        const body = `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>r</RequestId></ErrorResponse>`;
        response.writeHead(status, { "content-type": "text/xml" }).end(body);
      };

    it("takes an action that is gone for done", async () => {
      answer = refuse(400, "ValidationError", "No active Lifecycle Action found with instance ID i-0123456789abcdef0");
      assert.equal(await ports().lifecycle.complete("hook", "CONTINUE"), "none");
      assert.equal(await ports().lifecycle.heartbeat("hook"), "none");
    });

    it("does not take any other refusal for done", async () => {
      answer = refuse(400, "ValidationError", "AutoScalingGroup name not found");
      await assert.rejects(ports().lifecycle.complete("hook", "CONTINUE"), /not found/);
      answer = refuse(403, "AccessDenied", "not authorized");
      await assert.rejects(ports().lifecycle.heartbeat("hook"), /not authorized/);
    });

    it("tries again when Auto Scaling is throttling or busy with the group", async () => {
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

    it("shrugs at an instance that cannot be protected any more", async () => {
      answer = refuse(400, "ValidationError", "The instance i-0123456789abcdef0 is not in InService or EnteringStandby or Standby.");
      assert.equal(await ports().protection.set(true), "refused");
    });

    it("waits for a secret that is not there, and asks for its own only", async () => {
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

    it("refuses a token that is malformed or over its time, without printing it", () => {
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
});

describe("config.sh", () => {
  it("is asked for exactly what the pool says", () => {
    const config = { ...CONFIG, noDefaultLabels: true, runnerGroup: "big ones" };
    assert.deepEqual(configArguments(config, "i-1"), [
      "--unattended",
      "--replace",
      "--url",
      "https://github.com/acme",
      "--name",
      "i-1",
      "--work",
      "_work",
      "--labels",
      "linux,x64",
      "--no-default-labels",
      "--runnergroup",
      "big ones",
    ]);
    assert.ok(!configArguments({ ...config, labels: [] }, "i-1").includes("--no-default-labels"), "config.sh refuses it without labels");
  });

  it("gets the token where no other user can read it, and its words come back without it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "config-"));
    try {
      const user = userInfo().username;
      const script = `#!/bin/bash\necho "$*" >arguments\necho "$ACTIONS_RUNNER_INPUT_TOKEN" >token\necho "$PATH" >path\necho "refused: T0KEN"\nexit 1\n`;
      writeFileSync(join(folder, "config.sh"), script);
      chmodSync(join(folder, "config.sh"), 0o755);
      const runner = registrar({ ...CONFIG, runnerUser: user }, new FakeHost().imds, folder);
      assert.equal(await runner.registered(), false);
      await assert.rejects(runner.register("T0KEN"), { message: "config.sh: exit code 1: refused: ***" });
      assert.ok(!readFileSync(join(folder, "arguments"), "utf8").includes("T0KEN"));
      assert.equal(readFileSync(join(folder, "token"), "utf8"), "T0KEN\n");
      assert.match(readFileSync(join(folder, "path"), "utf8"), /\/usr\/local\/bin:.*\/bin/);
      writeFileSync(join(folder, ".runner"), "{}");
      assert.equal(await runner.registered(), true);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("runs as the job's user, who must exist", () => {
    const passwd = "root:x:0:0::/root:/bin/bash\nrunner:x:1001:1002::/home/runner:/bin/bash\n";
    assert.deepEqual(accountOf("runner", passwd), { uid: 1001, gid: 1002, home: "/home/runner" });
    assert.throws(() => accountOf("run", passwd), /runnerUser run: no such local user/);
  });
});
