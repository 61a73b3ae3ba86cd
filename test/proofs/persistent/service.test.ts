import assert from "node:assert/strict";
import { PERSISTENT_LOG, PERSISTENT_PATHS } from "../../../contract/persistent-runner/host";
import { needSystemd } from "../../rehearsal/hosts/rig";
import { labelOf, PersistentMachine } from "./machine";
import { JOBS } from "./script-runner";

/** Several times the usual duration; a bound on a hang, not a measurement. */
const BOUND_MS = 900_000;

describe("a persistent machine whose runner takes several jobs", function () {
  this.timeout(BOUND_MS);
  let machine: PersistentMachine;
  const work = `${PERSISTENT_PATHS.runner}/_work`;

  before(async function () {
    needSystemd(this);
    machine = await PersistentMachine.launch({ config: { registration: "service", idleStopTimeout: 40 } });
    machine.change(machine.script(`#!/bin/bash\nmkdir -m 0777 -p ${JOBS}\n`));
    await machine.order("provision");
    await machine.off();
  });
  after(() => machine?.close());

  const queue = (script: string) => machine.sh(`cat >${JOBS}/.new <<'JOB'\n${script}\nJOB\nmv ${JOBS}/.new ${JOBS}/job`);
  const registration = () => machine.sh(`cat ${PERSISTENT_PATHS.runner}/.runner`);

  it("registers under the label of each start, although it is registered from the one before, and takes one job after another", async () => {
    await machine.start("run");
    await machine.until("the runner to listen", () => machine.holds("systemctl is-active actions-runner.service"));
    assert.match(await registration(), new RegExp(`^T0KEN --unattended --replace .*--no-default-labels --labels ${labelOf(2)}$`));
    for (const name of ["one", "two"]) {
      await queue(`touch ${name}`);
      await machine.until("the job to have run", () => machine.holds(`test -e ${work}/${name}`));
    }
  });

  it("is stopped by the idle stop, which no job precedes or follows", async () => {
    await machine.off();
    assert.equal(machine.logged(PERSISTENT_LOG.idleStop).length, 1);
    await machine.start("run");
    await machine.until("the runner to listen", () => machine.holds("systemctl is-active actions-runner.service"));
    assert.match(await registration(), new RegExp(`--labels ${labelOf(3)}$`));
  });

  it("has a stop from outside wait for the job at work", async () => {
    await queue("touch begun; until [ -e go ]; do sleep 0.2; done; touch done-at-all");
    await machine.until("the job to be at work", () => machine.holds(`test -e ${work}/begun`));
    await machine.sh("systemctl poweroff --no-block");
    await machine.until("the stop to wait", () => machine.logged("waiting for the job at work").length > 0);
    assert.ok(await machine.holds(`test ! -e ${work}/done-at-all`));
    await machine.sh(`touch ${work}/go`);
    await machine.off();
    assert.match(await machine.hosts.journal(machine.instance), /job ended with 0\n[\s\S]*listener ends/);
  });
});
