import assert from "node:assert/strict";
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { locate } from "../../../../rehearsal/engine/locate";
import { systemdHostsAvailable } from "../../../../rehearsal/hosts/systemd";
import type { PoolFigures } from "../../../../rehearsal/scenarios/actions-runner-pool/pool-figures";
import { BOUND_MS, Rehearsals } from "../rehearsals";
import { assertClean } from "./pool-rehearsals";

describe("the rehearsal", function () {
  this.timeout(BOUND_MS);
  let rehearsals: Rehearsals<PoolFigures>;

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
