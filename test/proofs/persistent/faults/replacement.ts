/** The instance is gone: only the cache volume, which Pulumi never deletes, is left of the machine. */
import assert from "node:assert/strict";
import { CACHE } from "../../../../rehearsal/scenarios/persistent-runner/repositories";
import { BUILD } from "./builds";
import { WORKFLOW } from "./deployed-machine";
import type { Scenario } from "./scenario";

export const REPLACEMENT: Scenario = {
  rows: [
    {
      fault: "instance terminated by hand",
      expected: "runs fail with the remedy and start nothing; `pulumi up --refresh` makes another one, with the caches of this one",
    },
  ],

  async run(machine, see) {
    const former = machine.id;
    const before = await machine.push(machine.app, BUILD);
    await machine.ended(before, "success");
    await machine.free();
    const mark = machine.mark();
    await machine.call("ec2:TerminateInstances", { InstanceIds: [former] });
    await machine.until("the instance to be gone", () => machine.power === "terminated");
    const failing = await machine.push(machine.app, BUILD);
    await machine.ended(failing, "failure");
    assert.match(machine.log(failing, "start"), /was terminated: run `pulumi up`/);
    assert.deepEqual(machine.outcomes("ec2:StartInstances", mark), []);

    const { engine } = machine.context;
    const { drift } = await engine.refresh();
    assert.ok(drift.length > 0, "the engine does not notice");
    await engine.up();
    const { workflow } = await machine.adoptInstance();
    assert.notEqual(machine.id, former);
    const after = await machine.push(machine.app, BUILD, { [WORKFLOW]: workflow });
    await machine.ended(after, "success");
    await machine.free();
    const [hit, report = ""] = machine.notices(after);
    assert.equal(hit, CACHE.hit);
    assert.match(report, new RegExp(`^caches of .*${before.id},${after.id}, workspace of ${after.id}$`));
    see(
      "instance terminated by hand",
      "the start failed with the remedy, no StartInstances; another instance with the same cache volume, prepared by the deployment; its job found the caches, in a new workspace",
    );
  },
};
