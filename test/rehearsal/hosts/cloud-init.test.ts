import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { RealClock } from "../../../rehearsal/clock";
import { cleanUpDeadRuns, openRun, openSystemdHosts, type OpenedHosts, type Run } from "../../../rehearsal/hosts/systemd";
import { LivePool } from "../../../rehearsal/scenarios/actions-runner-pool/live-pool";
import { deployRole, ACCOUNT, startHarness, type AwsHarness } from "../aws/harness";
import { needSystemd } from "./rig";

type Shell = (script: string) => Promise<string>;

/** Asserts that cloud-init itself reports a boot without errors, with this datasource. */
async function assertDone(sh: Shell, datasource: RegExp): Promise<void> {
  const status = await sh("cloud-init status --long --wait");
  assert.match(status, /^status: done$/m);
  const result = JSON.parse(await sh("cat /run/cloud-init/result.json")).v1;
  assert.deepEqual(result.errors, []);
  // Newer releases also report recoverable errors: deprecated keys, a datasource that had to be retried.
  assert.deepEqual(result.recoverable_errors ?? {}, {});
  assert.match(result.datasource, datasource);
  const { v1 } = JSON.parse(await sh("cat /run/cloud-init/status.json"));
  for (const stage of ["init-local", "init", "modules-config", "modules-final"]) {
    assert.deepEqual([v1[stage].errors, typeof v1[stage].finished], [[], "number"], stage);
  }
}

describe("the real cloud-init on a pool's machine", function () {
  this.timeout(900_000);
  let pool: LivePool;

  before(async function () {
    needSystemd(this);
    pool = await LivePool.open(1);
  });
  after(async () => pool?.close());

  it("runs the launch template's user data unchanged, without an error of cloud-init or of the script", async () => {
    const [id] = pool.inService();
    const sh: Shell = (script) => pool.sh(id!, script);
    await assertDone(sh, /^DataSourceNoCloud /);
    const ran = Buffer.from(await sh("base64 -w0 /var/lib/cloud/instance/scripts/part-001"), "base64").toString();
    assert.equal(ran, pool.environment.aws.fleet.get(id!)!.userData);
    assert.match(ran, /^#!\/bin\/bash\n/);
    assert.equal(await sh("grep -E '\\[(WARNING|ERROR|CRITICAL)\\]' /var/log/cloud-init.log || true"), "");
  });
});

describe("the real cloud-init with the EC2 datasource", function () {
  this.timeout(600_000);
  let run: Run;
  let harness: AwsHarness;
  let opened: OpenedHosts;

  before(async function () {
    needSystemd(this);
    await cleanUpDeadRuns();
    run = openRun();
    harness = await startHarness();
    opened = await openSystemdHosts({
      run,
      socket: harness.front.socketPath,
      certificatesDir: dirname(harness.front.caFile),
      hostnames: () => [`autoscaling.${ACCOUNT.region}.amazonaws.com`],
      timeline: harness.timeline,
      clock: new RealClock(),
      progress: (line) => console.log(`    ${line}`),
      terminateGraceSeconds: 2,
      customize: asOnEc2,
    });
  });
  after(async () => {
    await opened?.close();
    await harness?.end();
    await run?.close();
  });

  /** Leaves only the metadata service as the source of user data, as on EC2; the hardware is not recognizable as EC2. */
  function asOnEc2(root: string): void {
    rmSync(join(root, "var/lib/cloud/seed"), { recursive: true });
    const settings = ["datasource_list: [ Ec2, None ]", "datasource: { Ec2: { strict_id: false, max_wait: 20, timeout: 5 } }", ""];
    mkdirSync(join(root, "etc/cloud/cloud.cfg.d"), { recursive: true });
    writeFileSync(join(root, "etc/cloud/cloud.cfg.d/99-z-ec2.cfg"), settings.join("\n"));
  }

  it("finds everything it needs in the instance metadata, and runs the user data from there", async () => {
    deployRole(harness.store, "host", [], "ec2.amazonaws.com");
    const userData = "#!/bin/bash\nset -eu\necho ran >>/var/user-data-runs\n";
    const profile = { arn: "arn:aws:iam::123456789012:instance-profile/host", roleName: "host" };
    const account = { subnetId: "subnet-a", availabilityZone: "eu-central-1a" };
    // cloud-init requests a session token only if the hardware identifies itself as EC2, which a container here cannot.
    const instance = harness.fleet.create({
      userData,
      instanceType: "m7i.large",
      ...account,
      tags: {},
      profile,
      metadata: { httpTokens: "optional" },
    });
    const { id: instanceId, privateIp } = instance;
    await opened.hosts.launch({ instanceId, userData: "#!/bin/sh\n# not this one\n", instanceType: "m7i.large", privateIp });
    const sh: Shell = async (script) => {
      const { exitCode, stdout, stderr } = await opened.hosts.runCommand(instanceId, [script]);
      assert.equal(exitCode, 0, `${script}\n${stdout}${stderr}`);
      return stdout.trim();
    };
    await assertDone(sh, /^DataSourceEc2/);
    assert.equal(await sh("cat /var/user-data-runs"), "ran");
    const { "meta-data": crawled, ...more } = JSON.parse(await sh("cloud-init query ds"));
    assert.ok(crawled, JSON.stringify(more));
    assert.equal(more._metadata_api_version, "2021-03-23");
    assert.deepEqual(
      [crawled["instance-id"], crawled["local-ipv4"], crawled.placement, crawled.services],
      [
        instanceId,
        privateIp,
        { "availability-zone": "eu-central-1a", region: ACCOUNT.region },
        { domain: "amazonaws.com", partition: "aws" },
      ],
    );
  });
});
