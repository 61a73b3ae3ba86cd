import assert from "node:assert/strict";
import { checkMetadataCanBeDenied } from "../../../host-config/shared/metadata-probe";

describe("an image on which jobs cannot be kept from the instance's credentials", () => {
  it("is refused with the reason and the remedy, so that no one relies on a protection that does not work", async () => {
    const tried: string[] = [];
    const failing = async (file: string, args: string[]) => {
      tried.push([file, ...args].join(" "));
      throw new Error("Command failed: systemd-run\nand more");
    };
    await assert.rejects(
      checkMetadataCanBeDenied("/opt/node", "set jobsMayUseInstanceRole", failing),
      /IPAddressDeny= has no effect.*jobsMayUseInstanceRole \(Command failed: systemd-run\)$/,
    );
    assert.match(tried.join(), /^systemd-run .*--wait .*IPAddressDeny=169\.254\.169\.254 fd00:ec2::254 \/opt\/node -e /);
    await checkMetadataCanBeDenied("/opt/node", "set jobsMayUseInstanceRole", async () => undefined);
  });
});
