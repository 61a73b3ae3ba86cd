import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { images, instanceTypes } from "../../../rehearsal/aws/ec2";
import { MemoryStore } from "../../../rehearsal/aws/store";
import { ProviderBackend } from "../../../rehearsal/provider/backend";
import { FakeAutoScaling } from "./fake-auto-scaling";

describe("the provider's lookups of images and instance types", () => {
  const filesDir = mkdtempSync(join(tmpdir(), "ci-runners-"));
  after(() => rmSync(filesDir, { recursive: true, force: true }));

  it("return all that decides whether an instance type runs an image, or a check of it would pass unseen [A20.8]", async () => {
    const backend = new ProviderBackend({ store: new MemoryStore(), autoscaling: new FakeAutoScaling(), filesDir });
    let pairs = 0;
    for (const known of images.values()) {
      const image = await backend.invoke("aws:ec2/getAmi:getAmi", { filters: [{ name: "image-id", values: [known.id] }] });
      assert.deepEqual([image.name, image.state, image.platform, image.rootDeviceType], [known.name, "available", "", "ebs"]);
      for (const { name, architecture } of instanceTypes.values()) {
        const type = await backend.invoke("aws:ec2/getInstanceType:getInstanceType", { instanceType: name });
        if (architecture !== image.architecture) continue;
        assert.deepEqual(type.supportedArchitectures, [image.architecture]);
        assert.ok(type.supportedVirtualizationTypes.includes(image.virtualizationType), name);
        assert.ok(type.enaSupport === "required" && image.enaSupport === true, name);
        assert.ok(image.bootMode === "uefi-preferred" || type.bootModes.includes(image.bootMode), name);
        pairs++;
      }
    }
    assert.ok(pairs > 200, `${pairs} pairs`);
  });
});
