import assert from "node:assert/strict";
import { DISK_GATE } from "../../../contract/persistent-runner/host";
import { drain } from "../../../host-config/persistent-runner/agent/drain";
import { ended } from "../../../host-config/persistent-runner/agent/ended";
import { shortageOf } from "../../../host-config/persistent-runner/agent/gate";
import { checkIdle, type IdleSigns, type IdleState } from "../../../host-config/persistent-runner/agent/idle";
import { parseOrder } from "../../../host-config/persistent-runner/agent/order";
import { configArguments } from "../../../host-config/persistent-runner/agent/runner";
import { jobEnvironment, setupOf } from "../../../host-config/persistent-runner/agent/setup";
import { planOf } from "../../../host-config/shared/storage/plan";
import { GIB, ROOMY } from "./fake-boot-host";
import { CONFIG, ORDER } from "./fixtures";

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

describe("the gate of the disks", () => {
  it("opens up to its bounds and closes at them", () => {
    assert.equal(shortageOf([{ ...ROOMY, used: 79.9, available: 20 * GIB }], DISK_GATE), undefined);
    assert.match(shortageOf([{ ...ROOMY, used: 80, available: 500 * GIB }], DISK_GATE)!.text, /^\/: 80 % used, 500\.0 GiB free/);
    assert.match(shortageOf([{ ...ROOMY, used: 10, available: 20 * GIB - 1 }], DISK_GATE)!.text, /at least 20 needed: enlarge rootVolume/);
  });

  it("closes for a want of inodes, of which small files use up all long before the space", () => {
    assert.equal(shortageOf([{ ...ROOMY, freeInodes: 5 }], { used: 80, freeSpace: 20 }), undefined);
    assert.match(
      shortageOf([{ ...ROOMY, freeInodes: 4.9 }], { used: 80, freeSpace: 20 })!.text,
      /^\/: 4 % of the inodes free, at least 5 %/,
    );
  });

  it("asks a cache volume for its share only: a small one never has 20 GiB free", () => {
    assert.equal(shortageOf([ROOMY, { ...ROOMY, path: "/ci-cache", used: 50, available: 4 * GIB }], DISK_GATE), undefined);
  });
});

describe("the order of a boot", () => {
  it("is taken as it was written", () => assert.deepEqual(parseOrder(JSON.stringify(ORDER)), ORDER));

  it("is refused without showing any of it, for it has the runner's credentials", () => {
    const broken = [
      `{"jitConfiguration":"SECRET"`,
      JSON.stringify({ ...ORDER, generation: "7", jitConfiguration: "SECRET" }),
      JSON.stringify({ ...ORDER, purpose: "SECRET" }),
      JSON.stringify({ ...ORDER, holder: undefined, jitConfiguration: "SECRET" }),
      JSON.stringify({ ...ORDER, holder: "SECRET" }),
      JSON.stringify({ ...ORDER, label: undefined, jitConfiguration: "SECRET" }),
      JSON.stringify({ ...ORDER, label: "SECRET,all" }),
      JSON.stringify({ ...ORDER, bundle: { bucket: "b", key: "SECRET", sha256: "x" } }),
      JSON.stringify({ ...ORDER, jitConfiguration: "SECRET\nPATH=/tmp" }),
    ];
    for (const text of broken) {
      assert.throws(
        () => parseOrder(text),
        (error: Error) => !error.message.includes("SECRET"),
      );
    }
  });

  it("needs no label and no holder to prepare the machine, for which no runner registers", () => {
    const { generation, bundle, configuration } = ORDER;
    const order = { generation, purpose: "provision", bundle, configuration };
    assert.deepEqual(parseOrder(JSON.stringify(order)), order);
  });
});

describe("the idle stop", () => {
  const signs: IdleSigns = { uptime: 0, working: false, booting: false, debug: false };
  let state: IdleState | undefined;
  let done: string[];
  beforeEach(() => {
    state = undefined;
    done = [];
  });

  const check = (uptime: number, more: Partial<IdleSigns> = {}, stuck = false) =>
    checkIdle({
      config: { idleStopTimeout: 1800 },
      log: silent,
      signs: async () => ({ ...signs, uptime, ...more }),
      state: { get: () => state, set: (next) => void (state = next) },
      endRunner: async () => {
        if (stuck) throw new Error("systemd does not answer");
        done.push("end the runner");
      },
      powerOff: async () => void done.push("off"),
    });

  it("counts from the first check of a boot, although the kernel's clock is that of a longer-lived one", async () => {
    assert.equal(await check(90_000), "busy");
    assert.equal(await check(91_799), "idle");
    assert.equal(await check(91_800), "off");
    assert.deepEqual(done, ["end the runner", "off"]);
  });

  for (const [what, sign] of [
    ["a job at work", { working: true }],
    ["a boot that prepares the machine", { booting: true }],
    ["an operator who asked for the machine", { debug: true }],
    ["a hook between two checks", { stamp: 2 }],
  ] as const) {
    it(`begins anew after ${what}`, async () => {
      await check(0, { stamp: 1 });
      assert.equal(await check(5_000, { stamp: 1, ...sign }), "busy");
      assert.equal(await check(6_799, { stamp: "stamp" in sign ? 2 : 1 }), "idle");
      assert.deepEqual(done, []);
    });
  }

  it("drains the runner before the power goes off, for GitHub may just have given it a job, and does not go on if that fails", async () => {
    await check(0);
    await assert.rejects(check(1_800, {}, true), /does not answer/);
    assert.deepEqual(done, []);
    await check(1_830);
    assert.deepEqual(done, ["end the runner", "off"]);
  });
});

describe("the drain of a runner that takes several jobs", () => {
  /** @param jobs at work, each from a second on to another; one that was acquired before a fence shows only behind it */
  function rig(jobs: readonly [number, number][]) {
    const done: string[] = [];
    let now = 0;
    const host = {
      clock: { now: () => now, sleep: async (ms: number) => void (now += ms) },
      log: silent,
      working: () => jobs.some(([from, to]) => now >= from * 1000 && now < to * 1000),
      raiseFence: async () => void done.push(`fence at ${now / 1000}`),
      lowerFence: async () => void done.push(`open at ${now / 1000}`),
    };
    return { host, done };
  }

  it("waits for the job at work, with its network, however long it takes", async () => {
    const { host, done } = rig([[0, 4000]]);
    await drain(host);
    assert.deepEqual(done, ["fence at 4000"]);
  });

  it("gives a job its network back that was acquired just before the fence, and whose worker shows only behind it", async () => {
    const { host, done } = rig([[3, 60]]);
    await drain(host);
    assert.deepEqual(done, ["fence at 0", "open at 3", "fence at 60"]);
  });
});

describe("the end of a runner", () => {
  const rig = (registration: "jit" | "service", debug = false, failing = false, noted = "acme/app#1#1") => {
    const done: string[] = [];
    const note = (what: string) => async () => {
      done.push(what);
      if (failing && what !== "off") throw new Error("no space left on device");
    };
    const host = { config: { registration }, log: silent, how: "exited 0", debug: () => debug, noted: () => noted, report: note("report") };
    return {
      done,
      run: () => ended({ ...host, endProcesses: note("end"), keepLogs: note("logs"), sync: note("sync"), powerOff: note("off") }),
    };
  };

  it("ends what the job left, keeps the run's logs, writes the disks and switches the machine off, even if all else fails", async () => {
    for (const failing of [false, true]) {
      const { done, run } = rig("jit", false, failing);
      await run();
      assert.deepEqual(done, ["end", "logs", "sync", "off"]);
    }
  });

  it("reports a job of another run, and goes on even if that fails", async () => {
    for (const failing of [false, true]) {
      const { done, run } = rig("jit", false, failing, "foreign other/app#9#1");
      await run();
      assert.deepEqual(done, ["report", "end", "logs", "sync", "off"]);
    }
  });

  it("leaves the machine on for an operator, and for the next job of a runner that takes several", async () => {
    for (const { done, run } of [rig("jit", true), rig("service")]) {
      await run();
      assert.ok(!done.includes("off"), done.join());
    }
  });
});

describe("a machine's setup", () => {
  const withVolume = (docker?: "root" | "rootless") => ({ ...CONFIG, docker, cache: { ...CONFIG.cache, volumeId: "vol-0abc" } });

  it("gives jobs and Docker parts of the cache volume, whose root a job can neither read nor replace", () => {
    const { volumes, ofVolumes } = planOf(setupOf(withVolume("root")));
    const [volume] = volumes;
    assert.equal(volume!.device, "/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0abc");
    assert.deepEqual([volume!.owner, volume!.mode], ["root", 0o700]);
    assert.deepEqual(
      ofVolumes.map(({ source, mountPoint, owner, options }) => [source, mountPoint, owner, options.join()]),
      [
        ["/var/lib/ci-runners/cache/cache", "/ci-cache", "user", "nosuid,nodev"],
        ["/var/lib/ci-runners/cache/docker", "/var/lib/docker", "root", ""],
        ["/var/lib/ci-runners/cache/containerd", "/var/lib/containerd", "root", ""],
      ],
    );
    assert.deepEqual(planOf(setupOf(withVolume())).ofVolumes.length, 1);
    assert.equal(setupOf(CONFIG).storage, undefined);
  });

  it("bounds a preparation without setupTimeout by firstBootTimeout, or its script's unit would end after 30 s", () => {
    assert.equal(setupOf(CONFIG).setupTimeout, 1200);
    assert.equal(setupOf({ ...CONFIG, setupTimeout: 900 }).setupTimeout, 900);
  });

  it("points tools to the caches, unless the stack says otherwise", () => {
    const variables = jobEnvironment({ ...CONFIG, jobEnvironment: { GOCACHE: "/elsewhere" } });
    assert.equal(variables["CARGO_HOME"], "/ci-cache/cargo");
    assert.equal(variables["GOCACHE"], "/elsewhere");
  });

  it("enlarges the cache volume's file system with the volume, which is what the full disk's reason asks for", () => {
    assert.deepEqual(
      planOf(setupOf(withVolume())).volumes.map(({ grows }) => grows),
      [true],
    );
  });

  it("registers a runner of several jobs by the label of this start alone, in place of an earlier one", () => {
    const words = configArguments({ ...CONFIG, registration: "service", runnerGroup: "big ones" }, ORDER);
    assert.ok(words.includes("--replace") && words.includes("--unattended"));
    assert.equal(words[words.indexOf("--labels") + 1], ORDER.label);
    assert.ok(words.includes("--no-default-labels"), "any job for a self-hosted runner would come to it");
    assert.equal(words[words.indexOf("--runnergroup") + 1], "big ones");
  });
});
