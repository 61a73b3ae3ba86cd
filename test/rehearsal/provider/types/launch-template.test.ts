import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { images } from "../../../../rehearsal/aws/ec2/catalogue";
import { DeployedResolver } from "../../../../rehearsal/aws/autoscaling/deployed";
import { MemoryStore } from "../../../../rehearsal/aws/store";
import { ProviderBackend } from "../../../../rehearsal/provider/backend";
import type { Properties } from "../../../../rehearsal/provider/values";
import { FakeAutoScaling } from "../fake-auto-scaling";

const TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate";
const URN = `urn:pulumi:test::tiny::${TEMPLATE}::pool`;
const ACCOUNT = { region: "eu-central-1", accountId: "123456789012" };
const [IMAGE] = [...images.values()];

const sdf = (ebs: Properties) => ({ deviceName: "/dev/sdf", ebs: { volumeSize: 100, ...ebs } });
const sdg = (ebs: Properties) => ({ deviceName: "/dev/sdg", ebs: { volumeSize: 100, ...ebs } });

describe("the launch template of the rehearsal's provider", () => {
  const filesDir = mkdtempSync(join(tmpdir(), "ci-runners-template-"));
  let store: MemoryStore;
  let backend: ProviderBackend;
  beforeEach(() => {
    store = new MemoryStore();
    backend = new ProviderBackend({ store, autoscaling: new FakeAutoScaling(), filesDir, account: ACCOUNT });
  });
  after(() => rmSync(filesDir, { recursive: true, force: true }));

  /** Deploys the one program after the other. What the second one's preview shows, what the template then has, and what EC2 says. */
  async function redeployed(first: Properties[], second: Properties[]) {
    const [oldInputs, news] = [first, second].map((blockDeviceMappings) => ({ name: "pool", imageId: IMAGE!.id, blockDeviceMappings }));
    const { id, outputs: olds } = await backend.create({ urn: URN, news: oldInputs! });
    const change = { urn: URN, id, olds, oldInputs, news };
    const changes = backend.diff(change).changes.map(({ property }) => property);
    const preview = await backend.update({ ...change, preview: true });
    const { outputs } = await backend.update(change);
    assert.deepEqual(preview.outputs.blockDeviceMappings, outputs.blockDeviceMappings);
    const template = new DeployedResolver(store, ACCOUNT).template({ id, version: "$Latest" });
    return { changes, mappings: outputs.blockDeviceMappings, refusal: template.refusal };
  }

  it("keeps what a volume no longer gives, and shows no difference: removed IOPS are still billed [A11.16]", async () => {
    const { changes, mappings } = await redeployed([sdf({ volumeType: "gp3", iops: 6000 })], [sdf({ volumeType: "gp3" })]);
    assert.deepEqual(changes, []);
    assert.deepEqual(mappings, [sdf({ volumeType: "gp3", iops: 6000 })]);
  });

  it("keeps it also under another type, for which EC2 then refuses the template for good [A11.16, A11.8, A11.10]", async () => {
    const before = [sdf({ volumeType: "gp3", iops: 4000, throughput: 500 })];
    const older = await redeployed(before, [sdf({ volumeType: "gp2" })]);
    assert.deepEqual(older.changes, ["blockDeviceMappings"]);
    assert.equal(older.refusal, "The parameter iops is not supported for gp2 volumes.");
    store = new MemoryStore();
    backend = new ProviderBackend({ store, autoscaling: new FakeAutoScaling(), filesDir, account: ACCOUNT });
    const faster = await redeployed(before, [sdf({ volumeType: "io2", iops: 4000 })]);
    assert.equal(faster.refusal, "throughput can only be specified for volumeType gp3.");
  });

  it("hands it to another volume that moves to the place in the list [A11.16]", async () => {
    const { mappings, refusal } = await redeployed(
      [sdf({ volumeType: "io2", iops: 5000 }), sdg({ volumeType: "gp2" })],
      [sdg({ volumeType: "gp2" })],
    );
    assert.deepEqual(mappings, [sdg({ volumeType: "gp2", iops: 5000 })]);
    assert.equal(refusal, "The parameter iops is not supported for gp2 volumes.");
  });
});
