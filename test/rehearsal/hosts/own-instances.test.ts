import assert from "node:assert/strict";
import { dirname } from "node:path";
import type { Shape } from "../../../rehearsal/aws/api";
import { RealClock } from "../../../rehearsal/clock";
import { DeferredHostDriver } from "../../../rehearsal/environment/deferred-host-driver";
import { openRun, openSystemdHosts, type OpenedHosts, type Run } from "../../../rehearsal/hosts/systemd";
import { type AwsHarness, startHarness } from "../aws/harness";
import { needSystemd, until } from "./rig";

const SUBNET = "subnet-00000000000000000";
const USER_DATA = "#!/bin/sh\necho booted >>/var/lib/boots\n";

/** EC2 of the stand-in on real machines, as a rehearsal connects them. */
describe("instances of their own as real machines", () => {
  let run: Run;
  let harness: AwsHarness;
  let opened: OpenedHosts;
  let id: string;

  before(async function () {
    needSystemd(this);
    this.timeout(600_000); // The image may have to be built.
    run = openRun();
    const driver = new DeferredHostDriver();
    harness = await startHarness({ driver, ec2Delays: { pending: 100, stopping: 100, shuttingDown: 100, create: 50, attach: 50 } });
    opened = await openSystemdHosts({
      run,
      socket: harness.front.socketPath,
      certificatesDir: dirname(harness.front.caFile),
      hostnames: () => [],
      timeline: harness.timeline,
      clock: new RealClock(),
      progress: (line) => console.log(`    ${line}`),
      terminateGraceSeconds: 2,
      onUnexpectedEnd: (instance) => harness.power.poweredOff(instance),
    });
    driver.driver = opened.hosts;
    const launch = { ImageId: "ami-1", InstanceType: "c7i.large", MinCount: 1, MaxCount: 1, SubnetId: SUBNET };
    const { Instances } = await call("RunInstances", { ...launch, UserData: Buffer.from(USER_DATA).toString("base64") });
    id = String((Instances as Shape[])[0]!.InstanceId);
    await inState("running");
  });
  after(async () => {
    await opened?.close();
    await harness?.end();
    await run?.close();
  });

  const call = (operation: string, params: Shape) => harness.gateway.call({ kind: "operator" }, `ec2:${operation}`, params);
  const inState = (state: string) => until(`${id} is ${state}`, () => harness.fleet.get(id)!.state === state, 60);
  const sh = async (script: string) => {
    const { exitCode, stdout, stderr } = await opened.hosts.runCommand(id, [script]);
    assert.equal(exitCode, 0, `${script}\n${stdout}${stderr}`);
    return stdout.trim();
  };
  const booted = () =>
    until("user data has run", async () => /booted/.test((await opened.hosts.runCommand(id, ["cat /var/lib/boots"])).stdout), 60);

  it("that switch themselves off are stopped for EC2, with the reason that it was from inside", async () => {
    await booted();
    await opened.hosts.runCommand(id, ["systemctl poweroff"]).catch(() => undefined);
    await inState("stopped");
    assert.equal(harness.fleet.get(id)!.reason?.code, "Client.InstanceInitiatedShutdown");
  });

  it("boot from the same disk when they are started, and get a volume while they run", async () => {
    await call("StartInstances", { InstanceIds: [id] });
    await inState("running");
    assert.equal(await sh("cat /var/lib/boots"), "booted", "user data runs at the first boot only");
    const { VolumeId } = await call("CreateVolume", { AvailabilityZone: "eu-central-1a", Size: 1, VolumeType: "gp3" });
    await until("the volume is available", () => harness.volumes.get(String(VolumeId)).state === "available");
    await call("AttachVolume", { VolumeId, InstanceId: id, Device: "/dev/sdf" });
    await until("the volume is attached", () => harness.volumes.get(String(VolumeId)).attachment?.state === "attached");
    const path = `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${String(VolumeId).replace("-", "")}`;
    await sh(`mkfs.ext4 -q ${path} && mkdir /ci-cache && mount ${path} /ci-cache && echo hit >/ci-cache/marker`);
    await call("DetachVolume", { VolumeId });
    await until("the volume is busy", () => harness.volumes.get(String(VolumeId)).attachment?.state === "busy");
    await call("StopInstances", { InstanceIds: [id] });
    await inState("stopped");
    await until("the volume is free", () => harness.volumes.get(String(VolumeId)).state === "available");
    await call("AttachVolume", { VolumeId, InstanceId: id, Device: "/dev/sdf" });
    await call("StartInstances", { InstanceIds: [id] });
    await inState("running");
    await sh(`mount ${path} /ci-cache`);
    assert.equal(await sh("cat /ci-cache/marker"), "hit");
  });

  it("write to the console what EC2 returns of it", async () => {
    const read = async () =>
      Buffer.from(String((await call("GetConsoleOutput", { InstanceId: id, Latest: true })).Output), "base64").toString();
    await until("the boot is on the console", async () => /systemd/.test(await read()));
  });
});
