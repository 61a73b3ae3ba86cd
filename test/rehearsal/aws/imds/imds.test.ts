import assert from "node:assert/strict";
import type { Principal } from "../../../../rehearsal/aws/api";
import { createEc2, type Ec2, Fleet, images, type Instance, instanceTypes, publicParameters } from "../../../../rehearsal/aws/ec2";
import { createImds, ImdsFaults, type ImdsResponse } from "../../../../rehearsal/aws/imds";
import type { TargetState } from "../../../../contract/aws/lifecycle";
import { Iam } from "../../../../rehearsal/aws/iam/iam";
import { KmsKeys } from "../../../../rehearsal/aws/kms/keys";
import { MemoryStore } from "../../../../rehearsal/aws/store";
import { Random } from "../../../../rehearsal/random";
import { Timeline } from "../../../../rehearsal/timeline";
import { VirtualClock } from "../../../../rehearsal/virtual-clock";
import { RecordingHosts } from "../autoscaling/rig";

const ACCOUNT = { region: "eu-central-1", accountId: "123456789012" };
const PROFILE = { arn: "arn:aws:iam::123456789012:instance-profile/pool", roleName: "pool-role" };

class Account {
  readonly clock = new VirtualClock();
  readonly hosts = new RecordingHosts();
  readonly fleet = new Fleet({ clock: this.clock, random: new Random(3), driver: this.hosts });
  readonly issued: Principal[] = [];
  target: TargetState | undefined;
  readonly faults = new ImdsFaults();
  readonly imds = createImds({
    faults: this.faults,
    clock: this.clock,
    random: new Random(4),
    fleet: this.fleet,
    account: ACCOUNT,
    targetState: () => this.target,
    issue: (principal) => {
      this.issued.push(principal);
      const expiration = new Date(this.clock.now() + 6 * 3600_000).toISOString();
      return { accessKeyId: `ASIA${this.issued.length}`, secretAccessKey: "s", sessionToken: "t", expiration };
    },
  });

  instance(changes: Partial<Instance> = {}): Instance {
    return this.fleet.create({
      userData: "#!/bin/bash",
      instanceType: "m7g.large",
      imageId: "ami-1",
      profile: PROFILE,
      subnetId: "subnet-a",
      availabilityZone: "eu-central-1a",
      tags: { Name: "pool" },
      ...changes,
    });
  }

  ec2(): Ec2 {
    const { clock, fleet, hosts: driver } = this;
    const store = new MemoryStore();
    const keys = new KmsKeys(store, new Iam(store, ACCOUNT), ACCOUNT);
    const timeline = new Timeline(() => clock.now());
    return createEc2({ fleet, clock, random: new Random(5), timeline, driver, account: ACCOUNT, store, keys }).ec2;
  }

  request(instance: Instance, path: string, headers: Record<string, string> = {}, method = "GET"): ImdsResponse {
    return this.imds({ method, path, headers, sourceIp: instance.privateIp });
  }

  token(instance: Instance, ttl = "21600"): string {
    return this.request(instance, "/latest/api/token", { "x-aws-ec2-metadata-token-ttl-seconds": ttl }, "PUT").body;
  }

  get(instance: Instance, item: string): ImdsResponse {
    return this.request(instance, `/latest/${item}`, { "x-aws-ec2-metadata-token": this.token(instance) });
  }
}

describe("Instance metadata", () => {
  it("applies a fault to one instance only, until the fault is removed", () => {
    const account = new Account();
    const [one, other] = [account.instance(), account.instance()];
    const removeFault = [
      account.faults.inject(one.id, { kind: "slow", ms: 3_000 }),
      account.faults.inject(one.id, { kind: "down" }),
      account.faults.inject(one.id, { kind: "status", status: 401 }),
    ];
    assert.equal(account.request(one, "/latest/api/token", { "x-aws-ec2-metadata-token-ttl-seconds": "60" }, "PUT").status, 401);
    assert.equal(account.get(other, "meta-data/instance-id").body, other.id);
    removeFault[2]!();
    assert.equal(account.get(one, "meta-data/instance-id").status, 0);
    removeFault[1]!();
    assert.deepEqual(
      [account.get(one, "meta-data/instance-id")].map(({ body, delayMs }) => [body, delayMs]),
      [[one.id, 3_000]],
    );
    removeFault[0]!();
    assert.equal(account.get(one, "meta-data/instance-id").delayMs, undefined);
  });

  it("rejects a request without a session token, or with an expired token or another instance's [A7.2]", async () => {
    const account = new Account();
    const [one, other] = [account.instance(), account.instance()];
    const path = "/latest/meta-data/instance-id";
    assert.equal(account.request(one, path).status, 401);
    const token = account.token(one, "10");
    assert.equal(account.request(one, path, { "x-aws-ec2-metadata-token": token }).body, one.id);
    assert.equal(account.request(other, path, { "x-aws-ec2-metadata-token": token }).status, 401);
    await account.clock.sleep(11_000);
    assert.equal(account.request(one, path, { "x-aws-ec2-metadata-token": token }).status, 401);
    const optional = account.instance({ metadata: { httpTokens: "optional" } });
    assert.equal(account.request(optional, path).status, 200);
  });

  it("issues tokens only for PUT, with a TTL of 1 to 21600 s, and not through a proxy [A7.1]", () => {
    const account = new Account();
    const instance = account.instance();
    const ttl = "x-aws-ec2-metadata-token-ttl-seconds";
    const put = (headers: Record<string, string>) => account.request(instance, "/latest/api/token", headers, "PUT").status;
    assert.equal(put({ [ttl]: "21600" }), 200);
    assert.equal(put({ [ttl]: "1" }), 200);
    for (const bad of ["0", "21601", "x"]) assert.equal(put({ [ttl]: bad }), 400);
    assert.equal(put({}), 400);
    assert.equal(put({ [ttl]: "60", "x-forwarded-for": "1.2.3.4" }), 403);
    assert.equal(account.request(instance, "/latest/api/token", { [ttl]: "60" }).status, 405);
  });

  it("returns identity, placement and user data", () => {
    const account = new Account();
    const instance = account.instance();
    assert.equal(account.get(instance, "meta-data/instance-id").body, instance.id);
    assert.equal(account.get(instance, "meta-data/placement/region").body, "eu-central-1");
    assert.equal(account.get(instance, "meta-data/placement/availability-zone").body, "eu-central-1a");
    assert.equal(account.get(instance, "user-data").body, "#!/bin/bash");
    const document = JSON.parse(account.get(instance, "dynamic/instance-identity/document").body);
    assert.deepEqual(
      [document.instanceId, document.region, document.accountId, document.architecture],
      [instance.id, "eu-central-1", "123456789012", "arm64"],
    );
    assert.equal(account.get(instance, "meta-data/no-such-thing").status, 404);
  });

  it("returns the target state as plain text, and 404 before the first transition [A7.3]", () => {
    const account = new Account();
    const instance = account.instance();
    assert.equal(account.get(instance, "meta-data/autoscaling/target-lifecycle-state").status, 404);
    account.target = "Terminated";
    const response = account.get(instance, "meta-data/autoscaling/target-lifecycle-state");
    assert.deepEqual([response.status, response.body, response.headers["content-type"]], [200, "Terminated", "text/plain"]);
  });

  it("issues credentials of the instance's own role, and new ones shortly before they expire", async () => {
    const account = new Account();
    const instance = account.instance();
    assert.equal(account.get(instance, "meta-data/iam/security-credentials/").body, "pool-role");
    assert.equal(account.get(instance, "meta-data/iam/security-credentials/other").status, 404);
    const read = () => JSON.parse(account.get(instance, "meta-data/iam/security-credentials/pool-role").body);
    const first = read();
    assert.deepEqual([first.Code, first.AccessKeyId, first.Token], ["Success", "ASIA1", "t"]);
    assert.equal(read().AccessKeyId, "ASIA1");
    await account.clock.sleep(6 * 3600_000 - 4 * 60_000);
    assert.equal(read().AccessKeyId, "ASIA2");
    assert.deepEqual(account.issued[0], { kind: "instance", instanceId: instance.id, roleName: "pool-role" });
    const without = account.instance({ profile: undefined });
    assert.equal(account.get(without, "meta-data/iam/security-credentials/").status, 404);
  });

  it("returns no Spot notice before an interruption, and no tags unless the template enables them [A7.5]", () => {
    const account = new Account();
    const instance = account.instance({ spot: true });
    assert.equal(account.get(instance, "meta-data/spot/instance-action").status, 404);
    assert.equal(account.get(instance, "meta-data/tags/instance/Name").status, 404);
    account.fleet.interrupt(instance);
    assert.deepEqual(JSON.parse(account.get(instance, "meta-data/spot/instance-action").body), {
      action: "terminate",
      time: "2026-01-01T00:02:00Z",
    });
    account.clock.close();
    const tagged = account.instance({ metadata: { instanceMetadataTags: "enabled" } });
    assert.equal(account.get(tagged, "meta-data/tags/instance/Name").body, "pool");
  });

  it("lists only items that exist, folder by folder, in every dated version [A7.6]", () => {
    const account = new Account();
    const instance = account.instance();
    const list = (folder: string, version = "latest") => {
      const headers = { "x-aws-ec2-metadata-token": account.token(instance) };
      const { status, body } = account.request(instance, `/${version}/meta-data/${folder}`, headers);
      assert.equal(status, 200, folder);
      return body.split("\n");
    };
    const names = list("");
    assert.ok(!names.includes("autoscaling/") && !names.includes("spot/") && !names.includes("tags/"), names.join());
    const crawl = (folder: string): string[] =>
      list(folder).flatMap((name) =>
        name.endsWith("/") && name !== "security-credentials/" ? crawl(`${folder}${name}`) : [`${folder}${name}`],
      );
    for (const item of crawl("")) assert.equal(account.get(instance, `meta-data/${item}`).status, 200, item);
    assert.deepEqual(list("placement"), ["availability-zone", "region"]);
    assert.deepEqual(list("", "2021-03-23"), names);
    account.target = "InService";
    assert.deepEqual(list("autoscaling/"), ["target-lifecycle-state"]);
    assert.equal(account.get(instance, "meta-data/spot/").status, 404);
    assert.equal(account.get(account.instance({ profile: undefined }), "meta-data/iam/").status, 404);
  });

  it("rejects callers that are not an instance", () => {
    const account = new Account();
    assert.equal(account.imds({ method: "GET", path: "/latest/meta-data/", headers: {}, sourceIp: "10.0.0.9" }).status, 403);
  });
});

describe("EC2", () => {
  it("describes instances and filters them by tag and state", async () => {
    const account = new Account();
    const ec2 = account.ec2();
    const [one] = [account.instance(), account.instance({ tags: {} })];
    await account.fleet.powerOn(one);
    const operator = { kind: "operator" } as const;
    const found = async (Filters: object[]) => {
      const { Reservations } = await ec2.execute("DescribeInstances", { Filters }, operator);
      return (Reservations as any[]).flatMap((reservation) => reservation.Instances.map((i: any) => i.InstanceId));
    };
    assert.deepEqual(await found([{ Name: "tag:Name", Values: ["pool"] }]), [one.id]);
    assert.deepEqual(await found([{ Name: "instance-state-name", Values: ["running"] }]), [one.id]);
    await assert.rejects(ec2.execute("DescribeInstances", { InstanceIds: ["i-0"] }, operator), { name: "InvalidInstanceID.NotFound" });
    await assert.rejects(ec2.execute("RebootInstances", {}, operator), { name: "InvalidAction" });
  });

  it("runs operations on an instance in order: a machine that is still booting is terminated after it has booted", async () => {
    const account = new Account();
    const instance = account.instance();
    const both = [account.fleet.powerOn(instance), account.fleet.terminate(instance), account.fleet.terminate(instance)];
    await Promise.all(both);
    assert.deepEqual(account.hosts.of(instance.id), ["launch", "terminate"]);
    assert.equal(account.fleet.atAddress(instance.privateIp), undefined);
  });

  it("has instance types and Ubuntu images of both architectures", () => {
    assert.deepEqual(instanceTypes.get("t4g.small"), {
      name: "t4g.small",
      vcpus: 2,
      memoryMib: 2048,
      architecture: "arm64",
      hibernation: true,
    });
    assert.equal(instanceTypes.get("m7i.large")!.memoryMib, 8192);
    assert.equal(instanceTypes.get("c7g.medium")!.memoryMib, 2048);
    assert.equal(instanceTypes.get("r7a.16xlarge")!.hibernation, false);
    for (const [ubuntu, architecture] of [
      ["amd64", "x86_64"],
      ["arm64", "arm64"],
    ]) {
      const id = publicParameters.get(`/aws/service/canonical/ubuntu/server/24.04/stable/current/${ubuntu}/hvm/ebs-gp3/ami-id`);
      assert.deepEqual([images.get(id!)!.architecture, images.get(id!)!.rootDeviceName], [architecture, "/dev/sda1"]);
    }
  });
});
