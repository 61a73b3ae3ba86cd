import assert from "node:assert/strict";
import { request as httpsRequest } from "node:https";
import { readFileSync } from "node:fs";
import { functionUrlEvent } from "../../../../rehearsal/aws/lambda/function-url-event";
import { replyOf } from "../../../../rehearsal/aws/lambda/function-url-reply";
import { ACCOUNT, startHarness, type AwsHarness } from "../harness";
import { deployFunction } from "./deployed-functions";

const ID = "abcdefghijklmnopqrstuvwxyz012345";
const HOST = `${ID}.lambda-url.${ACCOUNT.region}.on.aws`;
const URL_STATEMENT = { action: "lambda:InvokeFunctionUrl", principal: "*", functionUrlAuthType: "NONE" };
const INVOKE_STATEMENT = { action: "lambda:InvokeFunction", principal: "*", invokedViaFunctionUrl: true };

describe("a function URL of the stand-in", () => {
  let harness: AwsHarness;
  let revision = 0;
  before(async () => {
    harness = await startHarness();
  });
  after(() => harness.end());
  beforeEach(() => deploy());
  afterEach(() => assert.deepEqual(harness.defects, []));

  const ECHO = "export const handler = async (event) => ({ statusCode: 201, headers: { 'X-Own': 'a' }, body: JSON.stringify(event) });";
  function deploy(code = ECHO, state: Record<string, unknown> = {}, permissions: object[] = [URL_STATEMENT, INVOKE_STATEMENT]): void {
    for (const { id } of harness.store.list("aws:lambda/permission:Permission"))
      harness.store.remove("aws:lambda/permission:Permission", id);
    // Another environment makes another revision, whose processes load the new code.
    const environment = { variables: { REVISION: String(++revision) } };
    const functionArn = deployFunction(harness, "hook", code, { state: { environment, ...state } });
    harness.store.put({
      type: "aws:lambda/functionUrl:FunctionUrl",
      id: "hook",
      state: { functionName: functionArn, functionUrl: `https://${HOST}/`, authorizationType: "NONE" },
    });
    permissions.forEach((permission, index) =>
      harness.store.put({ type: "aws:lambda/permission:Permission", id: String(index), state: { function: "hook", ...permission } }),
    );
  }
  const post = (body: string | Uint8Array, contentType = "application/json", path = "/github?a=1") =>
    harness.functionUrls.request({ method: "POST", url: `https://${HOST}${path}`, headers: { "Content-Type": contentType }, body });
  const statusOf = async (body: string | Uint8Array = "{}") => (await post(body)).status;

  it("invokes the function with payload format 2.0, over HTTPS under its own name", async () => {
    const reply = await new Promise<{ status?: number; own: unknown; body: string }>((resolve, reject) => {
      const { caFile, tlsPort } = harness.front;
      const headers = { host: HOST, "content-type": "application/json", "X-Hub-Signature-256": "sha256=1", cookie: "a=1; b=2" };
      const options = {
        host: "127.0.0.1",
        port: tlsPort,
        servername: HOST,
        ca: readFileSync(caFile),
        method: "POST",
        path: "/p%20q?x=1&x=2&y=",
        headers,
      };
      const req = httpsRequest(options, (res) => {
        let body = "";
        res.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
        res.on("end", () => resolve({ status: res.statusCode, own: res.headers["x-own"], body }));
      });
      req.on("error", reject).end('{"tökén":1}');
    });
    assert.deepEqual([reply.status, reply.own], [201, "a"]);
    const event = JSON.parse(reply.body);
    assert.deepEqual(
      [event.version, event.rawPath, event.rawQueryString, event.queryStringParameters, event.cookies],
      ["2.0", "/p%20q", "x=1&x=2&y=", { x: "1,2", y: "" }, ["a=1", "b=2"]],
    );
    assert.deepEqual([event.body, event.isBase64Encoded], ['{"tökén":1}', false]);
    const { host, connection, cookie } = event.headers;
    assert.deepEqual([event.headers["x-hub-signature-256"], host, connection, cookie], ["sha256=1", HOST, undefined, undefined]);
    const { http, domainName, apiId, accountId } = event.requestContext;
    assert.deepEqual(
      [http.method, http.path, http.sourceIp, domainName, apiId, accountId],
      ["POST", "/p%20q", "127.0.0.1", HOST, ID, "anonymous"],
    );
  });

  it("delivers the exact bytes: in base64 what is no text or has the type of a form", async () => {
    const received = async (body: string | Uint8Array, type: string) => {
      const { body: echoed } = await post(body, type);
      const event = JSON.parse(echoed.toString());
      return [event.isBase64Encoded, Buffer.from(event.body, event.isBase64Encoded ? "base64" : "utf8").toString("hex")];
    };
    const hex = (body: string | Uint8Array) => Buffer.from(body as Uint8Array).toString("hex");
    const invalid = new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]);
    assert.deepEqual(await received(invalid, "application/json"), [true, hex(invalid)]);
    assert.deepEqual(await received("payload=%7B%7D", "application/x-www-form-urlencoded"), [true, hex("payload=%7B%7D")]);
    assert.deepEqual(await received("ü", "text/plain; charset=utf-8"), [false, hex("ü")]);
    assert.deepEqual(await received("{}", "application/json; charset=utf-8"), [false, hex("{}")]);
  });

  for (const [name, permissions] of [
    ["only that for the URL", [URL_STATEMENT]],
    ["only that for the invocation", [INVOKE_STATEMENT]],
    ["that for the URL with another type", [{ ...URL_STATEMENT, functionUrlAuthType: "AWS_IAM" }, INVOKE_STATEMENT]],
    ["that for the invocation by one account", [URL_STATEMENT, { ...INVOKE_STATEMENT, sourceAccount: ACCOUNT.accountId }]],
    ["that for the invocation by a service", [URL_STATEMENT, { ...INVOKE_STATEMENT, principal: "events.amazonaws.com" }]],
  ] as const) {
    it(`is forbidden unless both permissions admit everyone (${name}) [P32]`, async () => {
      deploy(ECHO, {}, [...permissions]);
      const { status, body } = await post("{}");
      assert.deepEqual([status, body.toString()], [403, '{"Message":"Forbidden"}']);
    });
  }

  it("answers 502 without the function's error if it fails, is too slow or returns no response", async () => {
    for (const code of [
      "export const handler = async () => { throw new Error('secret'); };",
      "export const handler = async () => ({ statusCode: 'x' });",
      "export const handler = async () => ({ statusCode: 200, body: 'x'.repeat(6 * 1024 * 1024 + 1) });",
    ]) {
      deploy(code);
      const { status, body } = await post("{}");
      assert.deepEqual([status, body.toString()], [502, "Internal Server Error"]);
    }
    deploy("export const handler = () => new Promise(() => setInterval(() => {}, 1000));", { timeout: 1 });
    assert.equal(await statusOf(), 502);
  });

  it("refuses a request beyond 6 MB before it reaches the function", async () => {
    assert.equal(await statusOf("x".repeat(6 * 1024 * 1024)), 413);
    assert.equal(harness.lambda.logs.length, 0);
  });

  it("refuses what exceeds the function's reserved concurrency, and all with none reserved", async () => {
    deploy(ECHO, { reservedConcurrentExecutions: 1 });
    assert.deepEqual((await Promise.all([statusOf(), statusOf(), statusOf()])).sort(), [201, 429, 429]);
    assert.equal(await statusOf(), 201);
    deploy(ECHO, { reservedConcurrentExecutions: 0 });
    assert.equal(await statusOf(), 429);
  });

  it("is unknown once it is deleted, and can be down", async () => {
    harness.functionUrls.settings.unavailable = true;
    assert.equal(await statusOf(), 503);
    harness.functionUrls.settings.unavailable = false;
    harness.store.remove("aws:lambda/functionUrl:FunctionUrl", "hook");
    assert.equal(await statusOf(), 404);
  });
});

describe("the mapping between HTTP and a function", () => {
  it("turns a value without a status code into 200 with JSON, and a text into itself", () => {
    const plain = (value: unknown) => {
      const { status, headers, body } = replyOf(value);
      return [status, headers["content-type"], body.toString()];
    };
    assert.deepEqual(plain({ ok: true }), [200, "application/json", '{"ok":true}']);
    assert.deepEqual(plain("hello"), [200, "application/json", "hello"]);
    assert.deepEqual(plain(undefined), [200, "application/json", "null"]);
  });

  it("decodes a response in base64, and keeps its cookies apart", () => {
    const { status, headers, body } = replyOf({
      statusCode: 204,
      body: "/wA=",
      isBase64Encoded: true,
      cookies: ["a=1", "b=2"],
      headers: { "Content-Type": "x/y" },
    });
    assert.deepEqual([status, headers["set-cookie"], headers["content-type"], [...body]], [204, ["a=1", "b=2"], "x/y", [255, 0]]);
  });

  it("leaves out what a request lacks", () => {
    const event = functionUrlEvent({ method: "GET", url: `https://${HOST}/`, headers: {} }, "0".repeat(36), Date.UTC(2026, 2, 9, 7, 5, 3));
    assert.deepEqual(
      ["body" in event, "cookies" in event, "queryStringParameters" in event, event["isBase64Encoded"]],
      [false, false, false, false],
    );
    assert.equal((event["requestContext"] as { time: string }).time, "09/Mar/2026:07:05:03 +0000");
  });
});
