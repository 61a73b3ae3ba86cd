import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ProviderBackend } from "../../../../rehearsal/provider/backend";
import { ec2Over } from "../../../../rehearsal/provider/ec2-api";
import { IncompleteError } from "../../../../rehearsal/provider/resource-type";
import type { Properties } from "../../../../rehearsal/provider/values";
import { ACCOUNT } from "../../aws/harness";
import { OwnInstances, SUBNET } from "../../aws/ec2/rig";
import { FakeAutoScaling } from "../fake-auto-scaling";

const INSTANCE = "aws:ec2/instance:Instance";
const VOLUME = "aws:ebs/volume:Volume";
const ATTACHMENT = "aws:ec2/volumeAttachment:VolumeAttachment";
const urn = (type: string) => `urn:pulumi:test::tiny::${type}::thing`;
const BASE = {
  ami: "ami-1",
  instanceType: "c7i.large",
  subnetId: SUBNET,
  vpcSecurityGroupIds: ["sg-1"],
  userData: "#!/bin/sh\n",
  instanceInitiatedShutdownBehavior: "stop",
  metadataOptions: { httpTokens: "required", httpPutResponseHopLimit: 1 },
  rootBlockDevice: { volumeSize: 50, volumeType: "gp3", encrypted: true, tags: { Name: "ci" } },
  tags: { Name: "ci" },
};

/** One resource as the engine has it: created, then updated as its differences say. */
class Deployed {
  private constructor(
    private readonly backend: ProviderBackend,
    private readonly type: string,
    readonly id: string,
    public inputs: Properties,
    public state: Properties,
  ) {}

  static async create(backend: ProviderBackend, type: string, news: Properties): Promise<Deployed> {
    const { inputs, failures } = backend.check({ urn: urn(type), news });
    assert.deepEqual(failures, []);
    const { id, outputs } = await backend.create({ urn: urn(type), news: inputs });
    return new Deployed(backend, type, id, inputs, outputs);
  }

  /** What an update would change; replacements with an exclamation mark. */
  plan(news: Properties): string[] {
    const call = { urn: urn(this.type), id: this.id, olds: this.state, oldInputs: this.inputs, news };
    return this.backend.diff(call).changes.map(({ property, replace }) => `${property}${replace ? "!" : ""}`);
  }

  async update(news: Properties): Promise<void> {
    const call = { urn: urn(this.type), id: this.id, olds: this.state, oldInputs: this.inputs, news };
    this.state = (await this.backend.update(call)).outputs;
    this.inputs = news;
  }

  /** False if the resource is gone. */
  async refresh(): Promise<boolean> {
    const { id, outputs, inputs } = await this.backend.read({ urn: urn(this.type), id: this.id, olds: this.state, oldInputs: this.inputs });
    [this.state, this.inputs] = [outputs, inputs];
    return id !== "";
  }

  delete(): Promise<void> {
    return this.backend.delete({ urn: urn(this.type), id: this.id, olds: this.state });
  }
}

describe("the provider's instances of their own", () => {
  const filesDir = mkdtempSync(join(tmpdir(), "ci-runners-"));
  after(() => rmSync(filesDir, { recursive: true, force: true }));
  let rig: OwnInstances;
  let backend: ProviderBackend;
  beforeEach(async () => {
    rig = await OwnInstances.open();
    const { gateway, store } = rig.harness;
    const { clock } = rig;
    backend = new ProviderBackend({
      store,
      autoscaling: new FakeAutoScaling(),
      ec2: ec2Over(gateway),
      filesDir,
      account: ACCOUNT,
      sleep: (ms) => clock.sleep(ms),
      now: () => clock.now(),
    });
  });
  afterEach(() => rig.close());

  const launch = (changes: Properties = {}) => Deployed.create(backend, INSTANCE, { ...BASE, ...changes });
  const machine = ({ id }: Deployed) => rig.harness.fleet.get(id)!;

  it("run when they are created, with the program's tags and root volume, and are no difference to the same program", async () => {
    const own = await launch();
    const { instanceState, rootBlockDevice, userData, privateIp } = own.state;
    assert.deepEqual([instanceState, userData, machine(own).privateIp], ["running", BASE.userData, privateIp]);
    assert.deepEqual([rootBlockDevice.volumeSize, rootBlockDevice.encrypted, rootBlockDevice.deviceName], [50, true, "/dev/sda1"]);
    assert.deepEqual(machine(own).tags, BASE.tags);
    assert.deepEqual(own.plan(BASE), []);
    await rig.stopped(machine(own));
    assert.deepEqual(own.plan(BASE), [], "the provider does not manage whether they run");
    assert.equal(await own.refresh(), true);
    assert.deepEqual(own.plan(BASE), []);
  });

  it("have the tags of their root volume changed on the volume, without a stop", async () => {
    const own = await launch();
    const tagsOfRoot = () => rig.harness.volumes.get(own.state.rootBlockDevice.volumeId).tags;
    assert.deepEqual(tagsOfRoot(), { Name: "ci" });
    for (const tags of [{ team: "storage" }, undefined]) {
      const news = { ...BASE, rootBlockDevice: { ...BASE.rootBlockDevice, tags } };
      if (tags === undefined) delete news.rootBlockDevice.tags;
      assert.deepEqual(own.plan(news), ["rootBlockDevice"]);
      await own.update(news);
      assert.deepEqual([tagsOfRoot(), own.plan(news)], [tags ?? {}, []]);
    }
  });

  it("that are off are stopped, changed and left running by other user data or another type: so neither may change with an update [A24.15]", async () => {
    const own = await launch();
    await rig.stopped(machine(own));
    const news = { ...BASE, userData: "#!/bin/sh\necho new\n" };
    assert.deepEqual(own.plan(news), ["userData"]);
    await own.update(news);
    assert.deepEqual([machine(own).state, machine(own).userData], ["running", news.userData]);
    await own.update({ ...news, instanceType: "c6i.large" });
    assert.deepEqual([machine(own).state, machine(own).instanceType], ["running", "c6i.large"]);
    const transitions = rig.states.map((state) => state.split(" ")[0]).filter((state) => state === "stopped" || state === "running");
    assert.deepEqual(transitions, ["running", "stopped", "running", "stopped", "running"]);
  });

  it("are replaced by another image or subnet, and by other user data only if the program asks for it", async () => {
    const own = await launch();
    assert.deepEqual(own.plan({ ...BASE, ami: "ami-2", subnetId: "subnet-00000000000000003" }), ["ami!", "subnetId!"]);
    assert.deepEqual(own.plan({ ...BASE, userData: "#!/bin/bash", userDataReplaceOnChange: true }), [
      "userData!",
      "userDataReplaceOnChange",
    ]);
    assert.deepEqual(own.plan({ ...BASE, rootBlockDevice: { ...BASE.rootBlockDevice, encrypted: false } }), ["rootBlockDevice!"]);
    assert.deepEqual(own.plan({ ...BASE, rootBlockDevice: { ...BASE.rootBlockDevice, volumeSize: 60 } }), ["rootBlockDevice"]);
  });

  it("that are off seem to have no public address, so that a refresh plans their replacement [A24.16]", async () => {
    const news = { ...BASE, associatePublicIpAddress: true };
    const own = await launch({ associatePublicIpAddress: true });
    await rig.stopped(machine(own));
    assert.deepEqual(own.plan(news), [], "without a refresh nothing is seen");
    await own.refresh();
    assert.deepEqual(own.plan(news), ["associatePublicIpAddress!"]);
  });

  it("that were started as another type are changed back by the update after a refresh [A24.15]", async () => {
    const own = await launch();
    await rig.stopped(machine(own));
    await rig.modify(machine(own), { InstanceType: { Value: "c6i.large" } });
    await own.refresh();
    assert.deepEqual(own.plan(BASE), ["instanceType"]);
  });

  it("are not destroyed against their protection, unless the state has forceDestroy [A24.17]", async () => {
    const news = { ...BASE, disableApiTermination: true };
    const own = await launch({ disableApiTermination: true });
    await assert.rejects(own.delete(), /terminating EC2 Instance \(i-\w+\): api error OperationNotPermitted/);
    assert.equal(machine(own).state, "running");
    await own.update({ ...news, forceDestroy: true });
    await own.delete();
    assert.equal(machine(own).state, "terminated");
  });

  it("may also be destroyed once their protection is taken away", async () => {
    const own = await launch({ disableApiTermination: true });
    await own.update({ ...BASE, disableApiTermination: false });
    await own.delete();
    assert.equal(await own.refresh(), false);
  });

  it("that EC2 ends before they run fail the deployment with its reason, and stay in the state [A24.18]", async () => {
    rig.harness.powerFaults.inject({ how: "Client.VolumeLimitExceeded", times: 1 });
    await assert.rejects(launch(), (error: unknown) => {
      assert.ok(error instanceof IncompleteError);
      assert.match(
        error.message,
        /unexpected state '(shutting-down|terminated)', wanted target 'running'\. last error: Client\.VolumeLimitExceeded/,
      );
      return true;
    });
  });

  it("that are terminated by hand are created anew by the next update", async () => {
    const own = await launch();
    await rig.on("TerminateInstances", machine(own));
    await rig.until(machine(own), "terminated");
    assert.equal(await own.refresh(), false);
  });

  it("refuse user data that is too long, and an image without a type, before anything is created", () => {
    const problems = (news: Properties) => backend.check({ urn: urn(INSTANCE), news }).failures.map(({ property }) => property);
    assert.deepEqual(problems({ ...BASE, userData: "x".repeat(16_385) }), ["userData"]);
    assert.deepEqual(problems({ ami: "ami-1" }), ["instanceType"]);
    assert.deepEqual(problems({ ...BASE, launchTemplate: {} }), ["launchTemplate"]);
  });

  describe("and their volumes", () => {
    const volume = (changes: Properties = {}) =>
      Deployed.create(backend, VOLUME, { availabilityZone: "eu-central-1a", size: 100, type: "gp3", tags: { Name: "cache" }, ...changes });
    const attach = (to: Deployed, own: Deployed, changes: Properties = {}) =>
      Deployed.create(backend, ATTACHMENT, { deviceName: "/dev/sdf", instanceId: own.id, volumeId: to.id, ...changes });
    const stateOf = ({ id }: Deployed) => rig.harness.volumes.find(id)?.state;

    it("outlive a replacement of the instance, in which the attachment must go first", async () => {
      const [cache, first, next] = [await volume(), await launch(), await launch()];
      const old = await attach(cache, first);
      await assert.rejects(attach(cache, next), /api error VolumeInUse/);
      await old.delete();
      await first.delete();
      assert.equal(stateOf(cache), "available");
      await attach(cache, next);
      assert.equal(stateOf(cache), "in-use");
      assert.deepEqual(cache.plan({ availabilityZone: "eu-central-1b", size: 200, type: "gp3", tags: { Name: "cache" } }), [
        "availabilityZone!",
        "size",
      ]);
    });

    it("that a running machine has mounted do not leave it, and fail a destroy [A24.14]", async () => {
      Object.assign(rig.harness.driver, { detachVolume: async (id: string) => rig.harness.fleet.get(id)!.state === "stopped" });
      const [cache, own] = [await volume(), await launch()];
      const plain = await attach(cache, own);
      await assert.rejects(plain.delete(), /unexpected state 'busy'/);
      const stopping = await attach(await volume(), own, { deviceName: "/dev/sdg", stopInstanceBeforeDetaching: true });
      await stopping.delete();
      assert.equal(machine(own).state, "stopped");
      assert.equal(stateOf(cache), "available", "it left with the stop");
    });

    it("grow in place, and are deleted only once they are free", async () => {
      const [cache, own] = [await volume(), await launch()];
      await cache.update({ availabilityZone: "eu-central-1a", size: 200, type: "gp3", tags: { Name: "cache" } });
      assert.equal(rig.harness.volumes.get(cache.id).sizeGib, 200);
      const attached = await attach(cache, own);
      await assert.rejects(cache.delete(), /api error VolumeInUse/);
      await attached.delete();
      await cache.delete();
      assert.equal(stateOf(cache), undefined);
    });
  });
});
