import assert from "node:assert/strict";
import { receive } from "../../../../functions/shared/webhook/function-url";

const LIMIT = 100;
const post = (fields: object = {}) => ({
  version: "2.0",
  rawPath: "/",
  headers: { "content-type": "application/json", "x-event": "a" },
  requestContext: { http: { method: "POST", path: "/", sourceIp: "192.0.2.1" } },
  isBase64Encoded: false,
  ...fields,
});
const statusOf = (event: unknown) => {
  const received = receive(event, LIMIT);
  return "refusal" in received ? received.refusal.statusCode : 0;
};

describe("a request to a function URL", () => {
  it("has its body as it was received, in either encoding", () => {
    const text = '{"name":"größe"}\n';
    for (const fields of [
      { body: text, isBase64Encoded: false },
      { body: Buffer.from(text).toString("base64"), isBase64Encoded: true },
    ]) {
      const received = receive(post(fields), LIMIT);
      assert.ok("delivery" in received);
      assert.equal(received.delivery.body.toString(), text);
      assert.equal(received.delivery.headers["x-event"], "a");
    }
  });

  it("is refused unless it is a POST", () => {
    for (const method of ["GET", "HEAD", "PUT", "post", undefined]) {
      assert.equal(statusOf(post({ body: "{}", requestContext: { http: { method } } })), 405, String(method));
    }
    for (const event of [undefined, null, 7, "POST", {}, { requestContext: null }]) assert.equal(statusOf(event), 405);
  });

  it("is refused beyond the limit in bytes, to the byte, in either encoding", () => {
    for (const size of [LIMIT - 1, LIMIT, LIMIT + 1, LIMIT + 2, LIMIT + 3, 10 * LIMIT]) {
      const expected = size > LIMIT ? 413 : 0;
      const text = "x".repeat(size);
      assert.equal(statusOf(post({ body: text })), expected, `${size}`);
      assert.equal(statusOf(post({ body: Buffer.from(text).toString("base64"), isBase64Encoded: true })), expected, `${size} encoded`);
    }
    // Two bytes each: the number of characters alone would admit it.
    assert.equal(statusOf(post({ body: "é".repeat(LIMIT - 1) })), 413);
  });

  it("may have no body", () => {
    const received = receive(post(), LIMIT);
    assert.ok("delivery" in received && received.delivery.body.length === 0);
  });
});
