import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { locate } from "../../../../rehearsal/engine/locate";
import type { PoolFigures } from "../../../../rehearsal/scenarios/actions-runner-pool/pool-figures";
import { systemdHostsAvailable } from "../../../../rehearsal/hosts/systemd";
import { RECORDS } from "../../../../rehearsal/hosts/systemd/run-record";

const PROJECT = resolve(__dirname, "../../../..");
/** Several times the usual duration. Detects a hang; not a measurement. */
const BOUND_MS = 900_000;

interface Ended {
  code: number | null;
  output: string;
  figures: PoolFigures | undefined;
  report: string;
}

/** Runs the real command as a user would. `watch` is called with each line and may interrupt the process. */
class Rehearsals {
  private readonly dir = mkdtempSync(join(tmpdir(), "rehearsal-test-"));

  constructor() {
    // The rehearsal that runs as another user writes its report here too.
    chmodSync(this.dir, 0o777);
  }

  run(args: string[], options: { asNobody?: string; watch?: (line: string, pid: number) => void } = {}): Promise<Ended> {
    const json = join(this.dir, "figures.json");
    const report = join(this.dir, "report.html");
    for (const file of [json, report]) rmSync(file, { force: true });
    const node = ["-r", "ts-node/register", "rehearsal/main.ts", ...args, "--json", json, "--report", report];
    const command = options.asNobody
      ? ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups", process.execPath, ...node]
      : [process.execPath, ...node];
    const env = options.asNobody
      ? { PATH: `${options.asNobody}:${process.env.PATH}`, HOME: this.dir, TMPDIR: this.dir }
      : { ...process.env, TMPDIR: this.dir };
    return new Promise((done, fail) => {
      const child = spawn(command[0]!, command.slice(1), { cwd: PROJECT, env, stdio: ["ignore", "pipe", "pipe"] });
      let output = "";
      const read = (chunk: Buffer) => {
        output += chunk.toString();
        for (const line of chunk.toString().split("\n")) options.watch?.(line, child.pid!);
      };
      child.stdout.on("data", read);
      child.stderr.on("data", read);
      child.on("error", fail);
      child.on("close", (code) =>
        done({
          code,
          output,
          figures: existsSync(json) ? (JSON.parse(readFileSync(json, "utf8")) as PoolFigures) : undefined,
          report: existsSync(report) ? readFileSync(report, "utf8") : "",
        }),
      );
    });
  }

  /** What runs have left on this host: folders and records. Other users' runs are not counted. */
  traces(): string[] {
    const records = existsSync(RECORDS) ? readdirSync(RECORDS).filter((name) => name.endsWith(".json")) : [];
    return [
      ...readdirSync(this.dir).filter((name) => name.startsWith("cir-")),
      ...records.filter((name) => readFileSync(join(RECORDS, name), "utf8").includes(this.dir)),
    ];
  }

  close(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** The writes that the bootstrap example permits to a stack's role. */
const PERMITTED = new Set(
  JSON.parse(readFileSync(join(PROJECT, "examples/bootstrap/writes.json"), "utf8")).flatMap(
    ({ actions }: { actions: string[] }) => actions,
  ),
);
/** The scenario's own calls, as a scaling policy or an administrator makes them; and calls that only read. */
const NOT_THE_PROVIDER = /^autoscaling:(SetDesiredCapacity|TerminateInstanceInAutoScalingGroup|Describe\w+)$/;

function assertClean(ended: Ended): PoolFigures {
  assert.equal(ended.code, 0, ended.output);
  assert.doesNotMatch(ended.output, /clean-up: /);
  const { figures } = ended;
  assert.ok(figures);
  assert.deepEqual(figures.failures, []);
  assert.equal(figures.jobs.lost, 0);
  assert.equal(figures.jobs.succeeded, figures.jobs.queued);
  assert.equal(figures.scaleIns.completed, figures.scaleIns.requested);
  assert.equal(figures.engine.secondUpChanges, 0);
  assert.deepEqual([figures.denied, figures.leftovers, figures.drift], [[], [], []]);
  const writes = Object.keys(figures.apiCalls["operator"] ?? {}).filter((action) => !NOT_THE_PROVIDER.test(action));
  assert.ok(writes.length >= 5, writes.join());
  assert.deepEqual(
    writes.filter((action) => !PERMITTED.has(action)),
    [],
    "the role that the bootstrap example makes could not do this",
  );
  return figures;
}

describe("the rehearsal", function () {
  this.timeout(BOUND_MS);
  let rehearsals: Rehearsals;

  before(() => {
    rehearsals = new Rehearsals();
  });

  after(() => rehearsals.close());

  for (const stack of ["sandbox", "prod"]) {
    it(`loses no job with stack ${stack} on simulated hosts`, async () => {
      const figures = assertClean(await rehearsals.run(["--stack", stack, "--hosts", "simulated"]));
      assert.equal(figures.stack, stack);
      assert.ok(figures.scaleIns.hitBusy >= 2, "scale-ins of idle instances prove nothing");
    });
  }

  it("does not need root with simulated hosts", async () => {
    if (process.getuid?.() !== 0) return void assertClean(await rehearsals.run(["--hosts", "simulated"]));
    const { command } = await locate({ progress: (line) => console.log(`      ${line}`) });
    const bin = mkdtempSync(join(tmpdir(), "rehearsal-engine-"));
    try {
      chmodSync(bin, 0o755);
      copyFileSync(command.command, join(bin, "pulumi"));
      chmodSync(join(bin, "pulumi"), 0o755);
      const ended = await rehearsals.run(["--hosts", "auto"], { asNobody: bin });
      assert.match(ended.output, /Simulated hosts, because systemd machines need root/);
      assert.equal(assertClean(ended).hosts, "simulated");
    } finally {
      rmSync(bin, { recursive: true, force: true });
    }
  });

  it("loses jobs on simulated hosts without the drain, which shows that it can fail", async () => {
    const ended = await rehearsals.run(["--hosts", "simulated", "--drain", "off"]);
    assert.equal(ended.code, 1, ended.output);
    assert.ok(ended.figures!.jobs.lost > 0);
  });

  it("rejects an unknown stack and an invalid flag before it starts anything", async () => {
    for (const [args, text] of [
      [["--stack", "nowhere"], /Pulumi\.nowhere\.yaml/],
      [["--jobs", "0"], /--jobs 0/],
    ] as const) {
      const ended = await rehearsals.run([...args]);
      assert.equal(ended.code, 2);
      assert.match(ended.output, text);
      assert.doesNotMatch(ended.output, / {4}at /, "a usage error must not print a stack trace");
    }
  });

  describe("with real systemd", () => {
    before(function () {
      const available = systemdHostsAvailable();
      if (available.ok) return;
      if (process.env.CI_RUNNERS_REQUIRE_SYSTEMD === "1") throw new Error(available.reason);
      console.log(`      skipped: ${available.reason}`);
      this.skip();
    });

    it("loses no job during three scale-ins, an instance refresh and a destroy, and leaves nothing on this host", async () => {
      const ended = await rehearsals.run(["--hosts", "systemd"]);
      const figures = assertClean(ended);
      assert.equal(figures.hosts, "systemd");
      assert.equal(figures.jobs.succeeded, 12 + 4);
      assert.equal(figures.scaleIns.requested, 3);
      assert.ok(figures.scaleIns.hitBusy >= 2, "scale-ins of idle instances prove nothing");
      assert.ok(figures.terminations.hitBusy >= 3);
      assert.ok(figures.latencyMs.detect.count >= 3 && figures.latencyMs.tail.count >= 3 && figures.latencyMs.hookStarted.count === 12 + 4);
      assert.match(ended.report, /<svg/);
      assert.deepEqual(rehearsals.traces(), []);
    });

    it("loses jobs without the drain, as the published design does", async () => {
      const few = ["--instances", "2", "--jobs", "4", "--scale-ins", "1"];
      // 5 s: with real machines GitHub's outage is waited for, and no job is lost to it.
      const ended = await rehearsals.run(["--hosts", "systemd", "--drain", "off", ...few, "--outage", "5"]);
      assert.equal(ended.code, 1, ended.output);
      assert.ok(ended.figures!.jobs.lost > 0);
      assert.deepEqual(ended.figures!.failures, [`${ended.figures!.jobs.lost} of ${ended.figures!.jobs.started} jobs lost`]);
    });

    it("leaves nothing on this host after Ctrl-C in the middle of a run", async () => {
      let interrupted = false;
      const ended = await rehearsals.run(["--hosts", "systemd", "--instances", "1", "--jobs", "3"], {
        watch: (line, pid) => {
          if (interrupted || !line.includes("queued")) return;
          interrupted = true;
          process.kill(pid, "SIGINT");
        },
      });
      assert.equal(ended.code, 130, ended.output);
      assert.deepEqual(rehearsals.traces(), []);
    });
  });
});
