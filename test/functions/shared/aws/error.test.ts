import assert from "node:assert/strict";
import { isRefusal } from "../../../../functions/shared/aws/error";

describe("whether AWS has refused a call", () => {
  const error = (name: string, more: object = {}) => Object.assign(new Error(name), { name }, more);

  it("is certain of an answer that says so", () => {
    assert.equal(isRefusal(error("IncorrectInstanceState", { $fault: "client", $metadata: { httpStatusCode: 400 } })), true);
    assert.equal(isRefusal(error("RequestLimitExceeded", { $fault: "client", $metadata: { httpStatusCode: 503 } })), true);
  });

  it("is open without an answer, or with a fault of AWS's own: the call may have its effect later", () => {
    for (const open of [
      error("TimeoutError"),
      error("Error", { code: "ECONNRESET" }),
      error("InternalError", { $fault: "client", $metadata: { httpStatusCode: 500 } }),
      error("Unavailable", { $fault: "server", $metadata: { httpStatusCode: 503 } }),
      "aborted",
    ]) {
      assert.equal(isRefusal(open), false, String(open));
    }
  });
});
