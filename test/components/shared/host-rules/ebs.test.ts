import assert from "node:assert/strict";
import { type EbsVolume, ebsViolations } from "../../../../components/shared/host-rules/ebs";
import { images } from "../../../../rehearsal/aws/ec2";
import { volumeRefusal } from "../../../../rehearsal/aws/ec2/volume-refusal";

const FIELDS = { type: "type", size: "size", iops: "iops", throughput: "throughput" };
const reasons = (volume: EbsVolume) => ebsViolations(volume, FIELDS, "data").map(({ field }) => field);

/** At each limit, and one step beyond. */
const VOLUMES: [allowed: boolean, volume: EbsVolume][] = [
  [true, { type: "gp3", size: 1, iops: 3000, throughput: 750 }],
  [true, { type: "gp3", size: 160, iops: 80_000, throughput: 2000 }],
  [false, { type: "gp3", size: 159, iops: 80_000 }],
  [false, { type: "gp3", size: 16_384, iops: 80_001 }],
  [false, { type: "gp3", size: 100, throughput: 2001, iops: 80_000 }],
  [false, { type: "gp3", size: 100, throughput: 1000, iops: 3999 }],
  [true, { type: "gp2", size: 1 }],
  [false, { type: "gp2", size: 100, iops: 3000 }],
  [false, { type: "gp2", size: 100, throughput: 125 }],
  [true, { type: "io1", size: 4, iops: 200 }],
  [false, { type: "io1", size: 3, iops: 100 }],
  [false, { type: "io1", size: 4, iops: 201 }],
  [false, { type: "io1", size: 4 }],
  [false, { type: "io1", size: 16_384, iops: 64_001 }],
  [true, { type: "io2", size: 256, iops: 256_000 }],
  [false, { type: "io2", size: 255, iops: 256_000 }],
  [true, { type: "st1", size: 125 }],
  [false, { type: "st1", size: 124 }],
  [false, { type: "sc1", size: 125, throughput: 125 }],
  [true, { type: "gp3", size: 65_536 }],
  [false, { type: "gp3", size: 65_537 }],
  [true, { type: "io2", size: 65_536, iops: 100 }],
  [false, { type: "io2", size: 65_537, iops: 100 }],
  [true, { type: "gp2", size: 16_384 }],
  [false, { type: "gp2", size: 16_385 }],
  [false, { type: "io1", size: 16_385, iops: 100 }],
  [false, { type: "st1", size: 16_385 }],
  [false, { type: "gp3", size: 1.5 }],
];

describe("the limits of EBS volumes", () => {
  for (const [allowed, volume] of VOLUMES) {
    it(`${allowed ? "allow" : "refuse"} ${JSON.stringify(volume)}`, () => {
      assert.equal(reasons(volume).length === 0, allowed, reasons(volume).join());
    });
  }

  it("are those that EC2 applies at a launch, or a pool would deploy and never launch [A11.15]", () => {
    const [image] = [...images.values()];
    for (const [allowed, { type, size, iops, throughput }] of VOLUMES.filter(([, { size = 0 }]) => Number.isInteger(size))) {
      const ebs = { volumeType: type, volumeSize: size, iops, throughput };
      const refusal = volumeRefusal(image, [{ deviceName: "/dev/sdf", ebs }]);
      assert.equal(refusal === undefined, allowed, `${JSON.stringify(ebs)}: ${refusal}`);
    }
  });

  it("hold for a root volume as well, which must also have room for an image", () => {
    const root = (size: number, type: EbsVolume["type"] = "gp3") => ebsViolations({ type, size }, FIELDS, "root").map(({ field }) => field);
    assert.deepEqual(
      [7, 8, 20_000, 65_537, 8.5].map((size) => root(size).length),
      [1, 0, 0, 1, 1],
    );
    assert.deepEqual(root(16_385, "gp2"), ["size"]);
  });

  it("do not judge IOPS by a size that is not known yet", () => {
    assert.deepEqual(reasons({ type: "io1", iops: 64_000 }), []);
  });
});
