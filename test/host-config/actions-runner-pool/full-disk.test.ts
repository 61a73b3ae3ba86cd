import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PATHS } from "../../../contract/actions-runner-pool/host";
import { HOST_PATHS } from "../../../contract/shared/host-paths";
import { Daemon } from "../../../host-config/actions-runner-pool/agent/daemon";
import { initialState, repeatsUntil, targetObserved, unitObserved } from "../../../host-config/actions-runner-pool/agent/daemon-state";
import { foldersOf } from "../../../host-config/actions-runner-pool/agent/disk";
import { disk } from "../../../host-config/shared/disk";
import { shortageOf } from "../../../host-config/actions-runner-pool/agent/full-disk";
import type { DiskSpace } from "../../../host-config/shared/ports/disk";
import { launching, ticks } from "./daemon-rig";
import { FakeHost, SERVED } from "./fake-host";

const GIB = 1024 ** 3;
const ROOMY: DiskSpace = { path: "/", available: 20 * GIB, total: 30 * GIB, inodesAvailable: 900_000, inodesTotal: 1_000_000 };
const steps = (host: FakeHost) => host.acts.filter((act) => !act.startsWith("protect") && act !== "state");

describe("a disk on which the next job would fail", () => {
  it("is one with less than 1 GiB or less than 5 % of its inodes, on any of the file systems", () => {
    assert.equal(shortageOf([ROOMY]), undefined);
    assert.equal(shortageOf([{ ...ROOMY, available: GIB }]), undefined);
    assert.equal(shortageOf([ROOMY, { ...ROOMY, path: "/data", available: GIB - 1 }]), "/data: 1.0 of 30.0 GiB free, at least 1 needed");
    assert.match(shortageOf([{ ...ROOMY, inodesAvailable: 49_999 }])!, /^\/: 49999 of 1000000 inodes free, at least 5 % needed$/);
  });

  it("is one with less than the pool's own floor, and at a launch with less than twice as much", () => {
    const floor = { freeSpace: 8, freeInodes: 20 };
    const spaces = [{ ...ROOMY, available: 15 * GIB, inodesAvailable: 399_999 }];
    assert.equal(shortageOf(spaces, 1, floor), undefined);
    assert.equal(shortageOf(spaces, 2, floor), "/: 15.0 of 30.0 GiB free, at least 16 needed");
    assert.match(shortageOf([{ ...ROOMY, inodesAvailable: 399_999 }], 2, floor)!, /at least 40 % needed$/);
  });

  it("is not one whose file system tells neither space nor inodes", () => {
    assert.equal(shortageOf([{ path: "/", available: 0, total: 0, inodesAvailable: 0, inodesTotal: 0 }]), undefined);
  });

  it("is looked for where Docker keeps its images, also on a volume of its own, but only if jobs may use Docker", () => {
    const folder = mkdtempSync(join(tmpdir(), "docker-"));
    try {
      const path = join(folder, "daemon.json");
      const folders = (docker: boolean, root = false) => foldersOf({ docker: docker ? "root" : undefined, jobsMayBecomeRoot: root }, path);
      const own = [PATHS.runner, "/"];
      assert.deepEqual(folders(false), own);
      assert.deepEqual(folders(true), [...own, "/var/lib/docker", "/var/lib/containerd"]);
      assert.deepEqual(folders(false, true), folders(true));
      writeFileSync(path, '{"data-root": "/data/docker"}');
      assert.deepEqual(folders(true), [...own, "/data/docker", "/var/lib/containerd"]);
      for (const text of ["{", "null", '{"data-root": 1}']) {
        writeFileSync(path, text);
        assert.deepEqual(folders(true), [...own, "/var/lib/docker", "/var/lib/containerd"], text);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("is looked for where jobs work on a volume of their own, and where their rootless engine is, but not on what is theirs to fill", () => {
    const of = (docker: "rootless" | undefined, ...mountPoints: string[]) =>
      foldersOf({
        docker,
        jobsMayBecomeRoot: false,
        storage: { volumes: mountPoints.map((mountPoint) => ({ device: "/dev/sdf", mountPoint })) },
      });
    assert.deepEqual(of(undefined, HOST_PATHS.work, "/data"), [PATHS.runner, "/", HOST_PATHS.work]);
    assert.deepEqual(of("rootless", "/data"), [PATHS.runner, "/", HOST_PATHS.engine]);
  });

  it("is measured where the real file system is, and one that never answers neither blocks nor piles up", async () => {
    const [root] = await disk(["/"]).space();
    assert.ok(root!.total > 0 && root!.available >= 0 && root!.available < root!.total, JSON.stringify(root));
    assert.deepEqual(await disk(["/nonexistent"]).space(), []);
    const reads: string[] = [];
    const hung = disk(
      ["/hung", "/"],
      (folder) => (reads.push(folder), folder === "/" ? Promise.resolve(ROOMY) : new Promise(() => undefined)),
      1,
    );
    for (let n = 0; n < 3; n++) assert.deepEqual(await hung.space(), [ROOMY]);
    assert.deepEqual(reads, ["/hung", "/", "/", "/"]);
  });
});

describe("the agent on an instance with a full disk", () => {
  it("takes no further job, counts it and has the group replace the instance, in that state even after a restart", async () => {
    const host = new FakeHost();
    const daemon = new Daemon(host);
    await ticks(host, daemon, 3);
    host.fillDisk(0);
    await ticks(host, daemon, 5);
    assert.deepEqual(steps(host).sort(), ["count FullDisks", "mark pause", "stop", "unhealthy"]);
    assert.ok(host.messages().includes("the disk is nearly full: no further job, and the group replaces the instance"));
    host.active = "inactive";
    await ticks(host, new Daemon(host), 5);
    assert.ok(!host.acts.includes("start"));
  });

  it("drains a job that is still running instead of ending it", async () => {
    const host = new FakeHost();
    host.seen = { ...host.seen, workers: 1, announced: "busy" };
    const daemon = new Daemon(host);
    host.fillDisk(0);
    await ticks(host, daemon, 30);
    assert.equal(host.active, "deactivating");
    assert.ok(!host.acts.some((act) => /JOB LOST|interrupt|kill|complete/.test(act)), host.acts.join());
  });

  it("reports again every 5 minutes while nothing replaces it, so that the alarm stays, and half a minute after a failure", async () => {
    const host = new FakeHost();
    const daemon = new Daemon(host);
    host.fillDisk(0);
    await ticks(host, daemon, 910);
    assert.equal(host.acts.filter((act) => act === "unhealthy").length, 4);
    assert.equal(host.acts.filter((act) => act === "count FullDisks").length, 4);

    const refused = new FakeHost();
    refused.fillDisk(0);
    refused.awsFails = new Error("AccessDenied");
    await ticks(refused, new Daemon(refused), 100);
    const reports = refused.acts.filter((act) => act === "unhealthy").length;
    assert.ok(reports >= 3 && reports <= 5, `${reports} reports in 100 s`);
    assert.equal(refused.acts.filter((act) => act === "count FullDisks").length, reports, "counted although the report failed");
    assert.equal(refused.acts.filter((act) => act === "stop").length, 1, "stops taking jobs even if AWS does not answer");
  });

  it("takes jobs again if there is space again before the group has replaced it", async () => {
    const host = new FakeHost();
    const daemon = new Daemon(host);
    host.fillDisk(0);
    await ticks(host, daemon, 3);
    Object.assign(host, { active: "inactive" });
    host.fillDisk(20 * GIB);
    await ticks(host, daemon, 6);
    assert.deepEqual(steps(host).slice(-2), ["start", "clear pause"]);
  });

  it("starts the runner again after a shortage of one tick, whose report failed and is not made up for", async () => {
    const host = new FakeHost();
    const daemon = new Daemon(host);
    await ticks(host, daemon, 3);
    let refused = 0;
    host.health.markUnhealthy = async () => (refused++, Promise.reject(new Error("Rate exceeded")));
    host.fillDisk(0);
    // Not settled: the mark and the stop are background work, which this tick does not wait for.
    assert.equal(await daemon.tick(), "pause-runner");
    host.fillDisk(20 * GIB);
    await daemon.settled();
    host.advance(1_000);
    await ticks(host, daemon, 60);
    host.active = "inactive";
    await ticks(host, daemon, 60);
    assert.deepEqual(steps(host), ["count FullDisks", "mark pause", "stop", "start", "clear pause"]);
    assert.equal(refused, 1, "an instance that has space again is not reported");
  });

  it("neither reports nor stops anything on an instance that terminates, is in standby or in the warm pool", async () => {
    for (const target of ["Terminated", "Standby", "Warmed:Stopped"] as const) {
      const host = new FakeHost();
      Object.assign(host, { target, active: "inactive" });
      host.fillDisk(0);
      await ticks(host, new Daemon(host), 5);
      assert.ok(!host.acts.some((act) => act === "unhealthy" || act === "count FullDisks"), `${target}: ${host.acts.join()}`);
    }
  });

  it("follows the floor of the pool in each of its decisions, in service and at a launch", async () => {
    const diskFloor = { freeSpace: 4, freeInodes: 5 };
    const serving = new FakeHost();
    Object.assign(serving.config, { diskFloor });
    const daemon = new Daemon(serving);
    await ticks(serving, daemon, 3);
    serving.fillDisk(4 * GIB - 1);
    await ticks(serving, daemon, 5);
    assert.ok(serving.acts.includes("unhealthy"), serving.acts.join());

    const entering = launching();
    Object.assign(entering.config, { diskFloor });
    entering.fillDisk(8 * GIB - 1);
    await ticks(entering, new Daemon(entering), 3);
    assert.ok(entering.acts.includes("complete pool-launch ABANDON"), entering.acts.join());
  });

  it("does not start a listener after a reboot in service", async () => {
    const host = launching();
    Object.assign(host, { isRegistered: true, state: "InService" });
    host.fillDisk(0);
    await ticks(host, new Daemon(host), 10);
    assert.ok(!host.acts.includes("start"));
    assert.ok(host.acts.includes("unhealthy"));
  });

  it("never enters service from an image that is too full, or replacements would follow each other without end", async () => {
    const host = launching();
    host.fillDisk(2 * GIB - 1);
    await ticks(host, new Daemon(host), 3);
    assert.deepEqual(steps(host).slice(0, 3), [
      "count FullDisks",
      "console: ci-runners: bootstrap failed: the image leaves too little space for jobs: /opt/actions-runner: 2.0 of 30.0 GiB free, at least 2 needed; raise rootVolumeSize or use a smaller image",
      "complete pool-launch ABANDON",
    ]);
    assert.ok(!host.acts.some((act) => act === "unhealthy" || act.startsWith("register")));

    const volume = launching();
    volume.spaces.push({ ...volume.spaces[0]!, path: "/var/lib/ci-runners/work", available: GIB });
    await ticks(volume, new Daemon(volume), 3);
    assert.match(
      steps(volume)[1]!,
      /too little space for jobs: \/var\/lib\/ci-runners\/work: .*; enlarge the volume that holds it, or lower/,
    );

    const uncounted = launching();
    uncounted.fillDisk(0);
    uncounted.metrics.count = async () => Promise.reject(new Error("throttled"));
    await ticks(uncounted, new Daemon(uncounted), 3);
    assert.ok(uncounted.acts.includes("complete pool-launch ABANDON"));
  });

  it("never lets the simulation skip its ticks", () => {
    const active = { active: "active", everStarted: true, mainAlive: true } as const;
    const state = unitObserved(targetObserved(initialState(), "InService"), active);
    assert.equal(repeatsUntil({ ...state, inFlight: "worker", shortage: "/: full" }, active, SERVED), undefined);
  });
});
