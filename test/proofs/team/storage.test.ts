import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, renameSync } from "node:fs";
import { UNITS } from "../../../contract/actions-runner-pool/host";
import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import { HOST_PATHS } from "../../../contract/shared/host-paths";
import { HOST_UNITS } from "../../../contract/shared/host-units";
import { TEAM_MACHINES } from "../../../rehearsal/environment/preparation";
import { ended } from "../../../rehearsal/github/jobs";
import { TOOL_PATH } from "../../../rehearsal/hosts/systemd/command";
import { LivePool } from "../../../rehearsal/scenarios/actions-runner-pool/live-pool";
import { needSystemd } from "../../rehearsal/hosts/rig";
import { assertRefused, asJob } from "../hostile/attempts";

/** Several times the usual duration; a bound on a hang, not a measurement. */
const BOUND_MS = 900_000;
/** Which of the pool's volumes gets which of EC2's names: the image has none of them. */
const [WORK, DATA] = ["/dev/sdf", "/dev/sdg"];
const VOLUMES = [
  { mountPoint: "work", size: 4 },
  { mountPoint: "/data", size: 1 },
];
const FORMATTED = "dumpe2fs -h DEVICE 2>/dev/null | sed -n 's/^Filesystem created: *//p'";

/** Another team's disk, under the name of this pool's. */
function formatAsAnothers(file: string): void {
  execFileSync("mkfs.ext4", ["-q", "-L", "postgres", file], { env: { ...process.env, PATH: TOOL_PATH } });
}

const usual = { minSize: 0, maxSize: 1, desiredCapacity: 1, warmPool: {} };

describe("a pool with volumes", function () {
  this.timeout(BOUND_MS);
  let pool: LivePool;
  let instance: string;
  let anothers = false;

  before(async function () {
    needSystemd(this);
    const newVolume = (file: string, device: string) => {
      if (anothers && device === DATA) formatAsAnothers(file);
    };
    pool = await LivePool.open(1, [], { ...TEAM_MACHINES, features: { newVolume } }, undefined, { ...usual, volumes: VOLUMES });
    [instance] = pool.inService() as [string];
  });
  after(() => pool?.close());

  const online = () => pool.environment.context.jobs.online().includes(instance);
  const formatted = (device: string) => pool.sh(instance, FORMATTED.replace("DEVICE", device));
  const mount = (path: string) => pool.sh(instance, `findmnt --noheadings --output SOURCE,OPTIONS --mountpoint ${path}`);
  const boot = () => pool.sh(instance, "cat /proc/sys/kernel/random/boot_id");

  async function run(name: string, script: string): Promise<string> {
    const [outcome] = await asJob(pool, instance, [{ script }], name);
    assert.equal(outcome!.code, 0, outcome!.output);
    return outcome!.output.trim();
  }

  /** Waits for the end of the machine that is running, and for the next one's runner. */
  async function reboot(): Promise<void> {
    const before = await boot();
    await pool.sh(instance, "systemctl reboot --no-block");
    await pool.untilSeen("the machine to boot again", async () => (await boot().catch(() => before)) !== before);
  }

  it("has a new volume formatted once, mounted where the stack says, and it keeps its files over a reboot", async () => {
    assert.match(await mount("/data"), /^\/dev\/\S+ .*\bnosuid,nodev\b/);
    assert.match(await mount(HOST_PATHS.work), /\bnosuid,nodev\b/);
    const sizes = await pool.sh(instance, `df --output=size --block-size=1M /data ${HOST_PATHS.work} | tail -n 2`);
    const [data, work] = sizes.split("\n").map(Number) as [number, number];
    assert.ok(data > 900 && data < 1024 && work > 3600 && work < 4096, `each its own: ${sizes}`);
    const created = await formatted(DATA);
    assert.notEqual(created, "");
    await run("writer", "echo kept >/data/file; stat -c %U /data");
    await reboot();
    await pool.untilSeen("the runner to be online again", async () => online());
    assert.equal(await run("reader", "cat /data/file"), "kept");
    assert.equal(await formatted(DATA), created, "it was formatted again");
    const mounted = pool.hostLogs(instance, "volume mounted").map(({ fields }) => fields as { device: string; formatted: boolean });
    const anew = mounted.filter(({ device }) => device === DATA).map(({ formatted: isNew }) => isNew);
    assert.deepEqual(anew, [true, false], "by the preparation, and at the boot");
    const console = pool.environment.machines!.hosts.console(instance);
    assert.match(console, new RegExp(`"message":"volume mounted".*"device":"${DATA}".*"formatted":true`));
  });

  it("has jobs work on the volume `work`, which a reboot during a job does not take from it", async () => {
    assert.match(await run("worker", "pwd"), new RegExp(`^${HOST_PATHS.work}/`));
    const steps = [
      {
        name: "work",
        run: "echo begun >progress; touch /data/begun; while [ ! -e /data/go ]; do sleep 0.2; done; echo done >>progress; cp progress /data/",
      },
    ];
    const job = pool.environment.github.job(pool.queueOn(instance, { name: "long", steps }));
    await pool.untilSeen("the job to work", async () => (await pool.run(instance, "test -e /data/begun")).exitCode === 0);
    const before = await boot();
    await pool.sh(instance, "systemctl reboot --no-block");
    await pool.untilSeen("a pending shutdown", async () =>
      (await pool.sh(instance, "systemctl list-jobs --no-legend")).includes("reboot.target"),
    );
    // One that did not wait for the runner would have ended by now: what the job does not use at this moment, nothing holds.
    const pending = await pool.sh(instance, "systemctl list-jobs --no-legend --plain");
    for (const path of ["/data", HOST_PATHS.work]) {
      const unit = await pool.sh(instance, `systemd-escape --path --suffix=mount ${path}`);
      assert.ok(
        pending.split("\n").some((line) => line.split(/\s+/).slice(-3).join(" ") === `${unit} stop waiting`),
        `${unit}:\n${pending}`,
      );
    }
    for (const path of ["/data", HOST_PATHS.work]) assert.match(await mount(path), /^\/dev\//, `${path} is still there`);
    await pool.sh(instance, "touch /data/go");
    await pool.until("the job to end", () => ended(job));
    assert.equal(job.state, "succeeded", job.detail);
    await pool.untilSeen("the machine to boot again", async () => (await boot().catch(() => before)) !== before);
    await pool.untilSeen("the runner to be online again", async () => online());
    assert.equal(await run("after", "cat /data/progress"), "begun\ndone");
  });

  it("a job cannot mount, format or take away a volume, or have root mount one elsewhere", async () => {
    const attempts = [
      { title: "format", script: `mkfs.ext4 -q -F ${DATA}`, refusal: /Permission denied|is mounted/ },
      { title: "write to the device", script: `dd if=/dev/zero of=${WORK} bs=4k count=1 conv=notrunc`, refusal: /Permission denied/ },
      { title: "mount", script: `mkdir -p /data/m; mount ${WORK} /data/m`, refusal: /must be superuser|permission denied/i },
      { title: "unmount", script: "umount /data", refusal: /must be superuser|not permitted/i },
      {
        title: "become root by a program on the volume",
        script: "cp /usr/bin/id /data/id; chmod u+s /data/id; [ -u /data/id ] && findmnt -no OPTIONS /data | grep -vq nosuid",
      },
      { title: "change the mount point", script: "rmdir /data || mv /data /elsewhere", refusal: /Permission denied|busy/ },
      { title: "have it mounted elsewhere", script: `mv ${HOST_PATHS.work} ${HOST_PATHS.work}.old`, refusal: /Permission denied|busy/ },
    ];
    const outcomes = await asJob(pool, instance, attempts, "mounts");
    for (const [index, attempt] of attempts.entries()) assertRefused(attempt, outcomes[index]);
    assert.match(await mount("/data"), /^\/dev\//);
  });

  it("has an instance take no job if a volume is missing at a later boot, until it is there again", async () => {
    const { hosts } = pool.environment.machines!;
    const file = hosts.volumeFile(instance, DATA);
    await run("before", "echo still >/data/file");
    renameSync(file, `${file}.detached`);
    await reboot();
    const state = () => pool.sh(instance, `systemctl show ${HOST_UNITS.storage} --property=ActiveState --value`);
    await pool.untilSeen("the volumes to be given up", async () => (await state()) === "failed");
    const journal = await pool.sh(instance, `journalctl --boot --unit=${HOST_UNITS.storage} --output=cat`);
    assert.match(journal, new RegExp(`storage: ${DATA} did not appear within 30 s`));
    const start = await pool.run(instance, `systemctl start ${UNITS.runner}`);
    assert.notEqual(start.exitCode, 0, "the runner starts without it");
    assert.match(start.stderr, /dependency/);
    assert.ok(!online());
    assert.ok(!existsSync(file), "no volume was made in its place");
    renameSync(`${file}.detached`, file);
    await reboot();
    await pool.untilSeen("the runner to be online again", async () => online());
    assert.equal(await run("again", "cat /data/file"), "still");
  });

  it("drains an instance whose volume `work` is full, and has the group replace it", async () => {
    const full = `fallocate -l 3500M ${HOST_PATHS.work}/fill 2>/dev/null || dd if=/dev/zero of=${HOST_PATHS.work}/fill bs=1M count=3500 status=none`;
    // For the replacement, in the next test.
    anothers = true;
    await run("filler", full);
    await pool.until("the instance to be replaced", () => pool.gone(instance), 400);
    assert.ok(pool.environment.aws.cloudwatch.metrics.all().some(({ name }) => name === METRIC.fullDisks));
    const [reported] = pool.hostLogs(instance, "the disk is nearly full: no further job, and the group replaces the instance");
    assert.match(JSON.stringify(reported), new RegExp(`${HOST_PATHS.work}: `));
  });

  it("neither formats nor mounts a volume with a file system of another's, and the launch says so", async () => {
    const { context, machines } = pool.environment;
    const reason = `storage: ${DATA} has a file system of type ext4, which a new volume has not: is it another device?`;
    const launched = () => pool.events.flatMap((event) => (event.kind === "instance-state" ? [event.instance] : []));
    const consoleOf = (id: string) => machines!.hosts.console(id);
    await pool.untilSeen("the reason on a console", async () => launched().some((id) => consoleOf(id).includes(reason)));
    const id = launched().find((each) => consoleOf(each).includes(reason))!;
    assert.match(consoleOf(id), /ci-runners: bootstrap failed: install\.sh: storage: /);
    await pool.until("the launch to be abandoned", () => pool.gone(id));
    assert.equal(context.jobs.online().length, 0);
  });
});

describe("a pool that uses the instance store", function () {
  this.timeout(BOUND_MS);
  let pool: LivePool;
  let instance: string;

  before(async function () {
    needSystemd(this);
    const systems = { ...TEAM_MACHINES, features: {} };
    pool = await LivePool.open(1, [], systems, undefined, { ...usual, useInstanceStore: true });
    [instance] = pool.inService() as [string];
  });
  after(() => pool?.close());

  it("works on the root volume of a type that has none", async () => {
    const [work] = await asJob(pool, instance, [{ script: "pwd; stat -c %m ." }], "worker");
    assert.match(work!.output, new RegExp(`^${HOST_PATHS.work}/\\S+\n/\n`));
    assert.match(pool.environment.machines!.hosts.console(instance), /no instance store on this type/);
  });
});
