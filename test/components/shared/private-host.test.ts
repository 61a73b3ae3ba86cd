import assert from "node:assert/strict";
import { isPrivateHost } from "../../../components/shared/private-host";

describe("isPrivateHost", () => {
  it("recognizes addresses and names that no public resolver or route knows", () => {
    for (const url of [
      "https://10.0.0.1",
      "https://172.31.255.1",
      "https://192.168.1.1",
      "https://100.64.0.1",
      "https://[fd00::1]",
      "https://ghe",
      "https://ghe.corp.internal",
      "https://GHE.local",
    ])
      assert.ok(isPrivateHost(new URL(url).hostname), url);
  });

  it("never refuses a host that may be public: only the network knows a public name's address", () => {
    for (const url of [
      "https://api.github.com",
      "https://ghe.example.com",
      "https://172.32.0.1",
      "https://100.128.0.1",
      "https://[2600::1]",
      "https://internal.example.com",
    ])
      assert.ok(!isPrivateHost(new URL(url).hostname), url);
  });
});
