import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ActionsRunnerPool, type ActionsRunnerPoolArgs } from "../../../components";
import { volumeRefusal } from "../../../rehearsal/aws/ec2/volume-refusal";
import { MemoryStore } from "../../../rehearsal/aws/store";
import { ProviderBackend } from "../../../rehearsal/provider/backend";
import type { Properties } from "../../../rehearsal/provider/values";
import { FakeAutoScaling } from "../../rehearsal/provider/fake-auto-scaling";
import { poolArgs } from "../actions-runner-pool/pool-args";
import { Deployment } from "../mocks";

const TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate";
const urn = (name: string) => `urn:pulumi:test::ci-runners::${TEMPLATE}::${name}`;
/** As the mock has it. */
const IMAGE = {
  ...{ id: "ami-1", name: "mock", owner: "123456789012", architecture: "x86_64", snapshotId: "snap-1" },
  rootDeviceName: "/dev/sda1",
  rootVolumeGib: 8,
  devices: [{ deviceName: "/dev/sdf", sizeGib: 500, snapshotId: "snap-2" }],
};

type Volumes = Pick<ActionsRunnerPoolArgs, "volumes" | "rootVolumeType" | "rootVolumeIops" | "rootVolumeThroughput" | "rootVolumeSize">;
const at = (mountPoint: string) => ({ mountPoint, size: 100 });

async function template(changes: Volumes): Promise<{ name: string; mappings: Properties[] }> {
  const deployment = await Deployment.start();
  new ActionsRunnerPool("runners", poolArgs(changes));
  await deployment.settled();
  const { name, inputs } = deployment.only(TEMPLATE);
  return { name, mappings: inputs["blockDeviceMappings"] };
}

const cases: [title: string, before: Volumes, after: Volumes][] = [
  ["IOPS of the root volume that are removed", { rootVolumeIops: 6000, rootVolumeSize: 60 }, { rootVolumeSize: 60 }],
  ["throughput of the root volume that is removed", { rootVolumeThroughput: 500 }, {}],
  ["another type of the root volume, which has no throughput to choose", { rootVolumeThroughput: 500 }, { rootVolumeType: "gp2" }],
  ["another type of the root volume, which has IOPS alone", { rootVolumeThroughput: 500 }, { rootVolumeType: "io2", rootVolumeIops: 5000 }],
  ["the way back to gp3", { rootVolumeType: "io2", rootVolumeIops: 5000 }, {}],
  [
    "a first volume that is removed, from before one of another type",
    {
      volumes: [
        { ...at("/data"), type: "io2", iops: 5000 },
        { ...at("/cache"), type: "gp2" },
      ],
    },
    { volumes: [{ ...at("/cache"), type: "gp2" }] },
  ],
  [
    "two volumes of different types in the other order",
    { volumes: [{ ...at("/data"), type: "io2", iops: 5000 }, at("/cache")] },
    { volumes: [at("/cache"), { ...at("/data"), type: "io2", iops: 5000 }] },
  ],
  [
    "a first volume that is removed, from before a faster one",
    { volumes: [{ ...at("/data"), iops: 5000, throughput: 1000 }, at("/cache")] },
    { volumes: [at("/cache")] },
  ],
  [
    "a first volume that is removed, from before a device of the image without a size",
    {
      volumes: [
        { ...at("/data"), size: 200 },
        { mountPoint: "/cache", device: "/dev/sdf" },
      ],
    },
    { volumes: [{ mountPoint: "/cache", device: "/dev/sdf" }] },
  ],
];

describe("volumes of a pool that change", () => {
  const filesDir = mkdtempSync(join(tmpdir(), "ci-runners-volumes-"));
  after(() => rmSync(filesDir, { recursive: true, force: true }));

  for (const [title, before, next] of cases) {
    it(`leave nothing behind in the launch template, where the provider would keep it: ${title} [A11.16]`, async () => {
      const backend = new ProviderBackend({ store: new MemoryStore(), autoscaling: new FakeAutoScaling(), filesDir });
      const [first, second] = [await template(before), await template(next)];
      const oldInputs = { name: first.name, blockDeviceMappings: first.mappings };
      const news = { name: second.name, blockDeviceMappings: second.mappings };
      const { id, outputs: olds } = await backend.create({ urn: urn(first.name), news: oldInputs });
      const { outputs } =
        first.name === second.name
          ? await backend.update({ urn: urn(second.name), id, olds, oldInputs, news })
          : await backend.create({ urn: urn(second.name), news });
      assert.deepEqual(outputs["blockDeviceMappings"], second.mappings);
      assert.equal(volumeRefusal(IMAGE, outputs["blockDeviceMappings"]), undefined);
    });
  }

  it("make another template only for other types, or for the same in another order: pools of gp3 alone keep theirs", async () => {
    const named = async (changes: Volumes) => (await template(changes)).name;
    assert.equal(await named({}), "runners");
    assert.equal(await named({ rootVolumeIops: 4000, rootVolumeSize: 60, volumes: [at("/data"), at("/cache")] }), "runners");
    assert.equal(await named({ rootVolumeType: "gp2" }), "runners-gp2");
    assert.equal(await named({ volumes: [at("/data"), { ...at("/cache"), type: "io2", iops: 5000 }] }), "runners-gp3-gp3-io2");
  });
});
