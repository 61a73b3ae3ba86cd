import assert from "node:assert/strict";
import { maskOwnUpdates } from "../../../host-config/persistent-runner/agent/own-updates";

describe("the system's own updates on a persistent machine", () => {
  it("never begin in a session, whose end would cut them: also where one timer is the image's own, which cannot be masked", async () => {
    const masked: string[] = [];
    const warned: unknown[] = [];
    const run = async (file: string, args: string[]) => {
      assert.deepEqual([file, ...args.slice(0, 2)], ["systemctl", "mask", "--now"]);
      if (args[2] === "apt-daily.timer") throw new Error("Failed to mask unit: File /etc/systemd/system/apt-daily.timer already exists.");
      masked.push(args[2]!);
    };
    await maskOwnUpdates({ warn: (_, fields) => void warned.push(fields?.["timer"]) }, run);
    assert.ok(masked.includes("apt-daily-upgrade.timer") && masked.includes("dnf-automatic.timer"), masked.join());
    assert.deepEqual(warned, ["apt-daily.timer"]);
  });
});
