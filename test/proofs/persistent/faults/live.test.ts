import assert from "node:assert/strict";
import { needSystemd } from "../../../rehearsal/hosts/rig";
import { AT_WORK, DURING_BOOT, WHILE_STOPPING } from "./cancellations";
import { CAPACITY, RIGHTS, STALE_ONLINE } from "./cloud";
import { DeployedMachine } from "./deployed-machine";
import { IDLES, IDLES_UNNOTICED } from "./lost-runs";
import { REPLACEMENT } from "./replacement";
import { observe, type Scenario } from "./scenario";
import { type PersistentFault, ROWS } from "./table";
import { TURNS } from "./turns";

/** Several times the usual duration; a bound on a hang, not a measurement. */
const BOUND_MS = 900_000;

/** FAULTS_ONLY is a regular expression that selects faults by name, for work on some of them. */
const ONLY = new RegExp(process.env.FAULTS_ONLY ?? "");
/** In this order: the first runs find no caches, and after the last one there is another instance. */
const ALL: readonly Scenario[] = [
  TURNS,
  AT_WORK,
  WHILE_STOPPING,
  DURING_BOOT,
  STALE_ONLINE,
  IDLES,
  IDLES_UNNOTICED,
  CAPACITY,
  RIGHTS,
  REPLACEMENT,
];

describe("faults on a deployed machine that persists", function () {
  this.timeout(BOUND_MS);
  let machine: DeployedMachine;

  before(async function () {
    needSystemd(this);
    machine = await DeployedMachine.open();
  });
  after(() => machine?.close());

  for (const scenario of ALL) {
    let outcome: Promise<Map<PersistentFault, string[]>> | undefined;
    for (const row of scenario.rows.filter(({ fault }) => ONLY.test(fault))) {
      ROWS.fault({ ...row, where: "systemd" }, async (see) => {
        outcome ??= observe(machine, scenario);
        for (const fact of (await outcome).get(row.fault) ?? []) see(fact);
      });
    }
  }

  it("find one instance, whose id is the stack's output, the one in the rendered workflow, and the only one in any role", async () => {
    const { instanceId, workflowYaml } = await machine.context.engine.outputs();
    const ids = (text: string) => [...new Set(text.match(/\bi-[0-9a-f]{17}\b/g))];
    const policies = machine.aws.store.list("aws:iam/rolePolicy:RolePolicy").map(({ state }) => String(state["policy"]));
    assert.ok(policies.length >= 4, `${policies.length} policies`);
    assert.deepEqual([instanceId, ids(String(workflowYaml)), ids(policies.join())], [machine.id, [machine.id], [machine.id]]);
    assert.doesNotMatch(policies.join(), /:instance\/\*/);
  });

  it("cause no defect in the stand-ins, and no denied call but those that were tried", () => {
    assert.deepEqual(machine.aws.defects, []);
    const tried = /^ec2:(Terminate|Start|Stop)Instances$/;
    assert.deepEqual(
      machine.aws.denied().filter(({ action }) => !tried.test(action)),
      [],
    );
  });
});
