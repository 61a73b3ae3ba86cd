import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { RECORDS, cleanUpDeadRuns, openRun } from "../../../rehearsal/hosts/systemd/run-record";
import { machineImage } from "../../../rehearsal/hosts/image";
import { needSystemd, traces, until } from "./rig";

/** A rehearsal with one machine that prints its run's id and then waits to be killed. */
const PROGRAM = `
const { openRig } = require(${JSON.stringify(join(__dirname, "rig.ts"))});
openRig().then(async (rig) => {
  await rig.hosts.launch({ instanceId: "i-0000000000000dead", userData: "#!/bin/sh\\n", instanceType: "t3.small", privateIp: "10.30.0.5" });
  console.log("up " + rig.run.id);
  setInterval(() => {}, 1000);
});
`;

describe("a rehearsal that is killed", () => {
  before(async function () {
    needSystemd(this);
    this.timeout(600_000);
    await cleanUpDeadRuns();
    await machineImage({ progress: (line) => console.log(`    ${line}`) });
  });

  const start = async () => {
    const rehearsal = spawn(process.execPath, ["-r", "ts-node/register/transpile-only", "-e", PROGRAM], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    for await (const line of createInterface({ input: rehearsal.stdout })) {
      const id = /^up (.*)$/.exec(line)?.[1];
      if (id) return { rehearsal, id };
    }
    return assert.fail("the rehearsal did not start");
  };
  const kill = async (rehearsal: ChildProcess) => {
    rehearsal.kill("SIGKILL");
    await once(rehearsal, "exit");
  };
  const reaperOf = (id: string) =>
    Number(
      traces(id)
        .map((trace) => /^process (\d+): sh .*reap\.sh/.exec(trace)?.[1])
        .find(Boolean) ?? assert.fail("no reaper"),
    );

  it("is removed completely (machines, network, gateway, files), while another running rehearsal is not touched", async () => {
    const [killed, other] = await Promise.all([start(), start()]);
    assert.deepEqual(await cleanUpDeadRuns(), [], "both are running");
    await kill(killed.rehearsal);
    await until("nothing of the killed one is left", () => traces(killed.id).length === 0).catch(() => {
      assert.fail(`still there: ${traces(killed.id).join("\n")}`);
    });
    assert.ok(traces(other.id).some((trace) => /^process .*systemd-nspawn/.test(trace)));
    await kill(other.rehearsal);
    await until("nothing of the other one is left", () => traces(other.id).length === 0);
  });

  it("is removed by the next rehearsal if its reaper was killed too", async () => {
    const { rehearsal, id } = await start();
    process.kill(reaperOf(id), "SIGKILL");
    await kill(rehearsal);
    assert.ok(traces(id).length > 0);
    assert.deepEqual(await cleanUpDeadRuns(), [id]);
    await until("nothing of the killed one is left", () => traces(id).length === 0);
  });

  it("may leave a damaged record, or one whose process id was reused, without harm to other files", async () => {
    const run = openRun();
    const record = join(RECORDS, "0-abcdef.json");
    const outside = join(run.dir, "not-a-run");
    writeFileSync(outside, "");
    try {
      writeFileSync(record, "{");
      assert.deepEqual(await cleanUpDeadRuns(), []);
      writeFileSync(record, JSON.stringify({ id: "0-abcdef", pid: process.pid, startTime: "1", dir: outside }));
      assert.deepEqual(await cleanUpDeadRuns(), ["0-abcdef"]);
      assert.ok(existsSync(outside), "a directory that does not belong to a run must never be removed");
      assert.ok(!existsSync(record));
    } finally {
      await run.close();
    }
    assert.ok(!existsSync(run.dir));
  });
});
