import assert from "node:assert/strict";
import { subnetLayout } from "../../../rehearsal/provider/plugin/subnet-layout";

function range(cidr: string): [number, number] {
  const [address, mask] = cidr.split("/") as [string, string];
  const start = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  return [start, start + 2 ** (32 - Number(mask))];
}

describe("subnets of a VPC", () => {
  it("never overlap and never leave the VPC's range, for any number of zones", () => {
    for (const zones of [1, 2, 3, 4]) {
      for (const specs of [
        undefined,
        [{ type: "Public" as const, cidrMask: 24 }, { type: "Private" as const, cidrMask: 19 }, { type: "Isolated" as const }],
      ]) {
        const ranges = subnetLayout("10.0.0.0/16", zones, specs)
          .flat()
          .map(({ cidrBlock }) => range(cidrBlock))
          .sort((a, b) => a[0] - b[0]);
        const [first, last] = range("10.0.0.0/16");
        assert.ok(ranges[0]![0] >= first && ranges[ranges.length - 1]![1] <= last);
        ranges.slice(1).forEach(([start], index) => assert.ok(start >= ranges[index]![1], `overlap with ${zones} zones`));
      }
    }
  });

  it("are refused rather than overlapping when the range is too small", () => {
    assert.throws(() => subnetLayout("10.0.0.0/27", 3), /too small/);
    assert.throws(
      () =>
        subnetLayout("10.0.0.0/24", 2, [
          { type: "Private", cidrMask: 25 },
          { type: "Public", cidrMask: 25 },
        ]),
      /too small/,
    );
  });
});
