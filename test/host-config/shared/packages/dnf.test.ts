import assert from "node:assert/strict";
import { dnf } from "../../../../host-config/shared/packages/dnf";
import { transactions } from "../../../../host-config/shared/packages/plan";
import { PrepareError } from "../../../../host-config/shared/prepare/prepare-error";
import { FakeCommands, contextOf } from "./fake-exec";

const manager = (commands: FakeCommands) => dnf(contextOf(commands).context);

describe("DNF", () => {
  it("recognizes an installed version in each form in which a user may write it", async () => {
    const stdout = "jq\t0\t1.7.1\t2.amzn2023\ngit\t2\t2.40\t1.amzn2023\n";
    const installed = await manager(new FakeCommands().on("rpm", { stdout })).installed();
    const present = ["jq", "jq=1.7.1"];
    for (const entry of [...present, "jq=1.7.1-2.amzn2023", "git=2:2.40", "git=2:2.40-1.amzn2023"]) {
      assert.deepEqual(transactions([], [entry], installed).user, [], entry);
    }
    assert.deepEqual(transactions([], ["jq=1.6"], installed).user, ["jq=1.6"]);
  });

  it("gets names and versions in its own form, and may say for whom it waits, or a lock would not be the reason", async () => {
    const commands = new FakeCommands();
    await manager(commands).install(["jq", "git=2.40"], true);
    assert.deepEqual(commands.ran, ["dnf -y --setopt=install_weak_deps=False install jq git-2.40"]);
  });

  it("names what the archive has not, and otherwise how it failed", async () => {
    const missing = { code: 1, stderr: "No match for argument: jqq\nError: Unable to find a match: jqq\n" };
    const commands = new FakeCommands().on("dnf", missing, { code: 1, stderr: "Error: Failed to download metadata\n" });
    await assert.rejects(
      manager(commands).install(["jqq"], true),
      new PrepareError("packages: jqq: the archive has no such package or version: Error: Unable to find a match: jqq"),
    );
    await assert.rejects(
      manager(commands).install(["jq"], true),
      new PrepareError("packages: dnf install failed: Error: Failed to download metadata"),
    );
  });
});
