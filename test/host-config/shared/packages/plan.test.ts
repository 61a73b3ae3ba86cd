import assert from "node:assert/strict";
import { transactions } from "../../../../host-config/shared/packages/plan";

const INSTALLED = new Map([
  ["curl", ["7.88.1-10"]],
  ["jq", ["1.6-2.1"]],
]);

describe("the packages that are left to install", () => {
  it("are not those that the image has, so that a complete image needs no network", () => {
    assert.deepEqual(transactions([], ["curl", "jq=1.6-2.1"], INSTALLED), { own: [], user: [] });
    assert.deepEqual(transactions([], ["git", "jq"], INSTALLED), { own: [], user: ["git"] });
  });

  it("are those of which the image has another version than the user's", () => {
    assert.deepEqual(transactions([], ["jq=1.7"], INSTALLED).user, ["jq=1.7"]);
  });

  it("have the user's version also where the host's own parts need them, or Docker would come in two versions", () => {
    const found = transactions(["docker.io", "nftables"], ["git", "docker.io=26.1.5+dfsg1-9"], INSTALLED);
    assert.deepEqual(found, { own: ["docker.io=26.1.5+dfsg1-9", "nftables"], user: ["git"] });
  });
});
