import assert from "node:assert/strict";
import { UNITS } from "../../../contract/actions-runner-pool/host";
import { needSystemd } from "../../rehearsal/hosts/rig";
import { LivePool } from "../../../rehearsal/scenarios/actions-runner-pool/live-pool";
import { asJob, scaleIn } from "./attempts";

/** Several times what it takes here; a bound on a hang, not a measurement. */
const BOUND_MS = 900_000;

/** A process that can be told by its name. */
const start = (name: string, how: string) => `cp /bin/sleep /var/tmp/${name}; ${how} /var/tmp/${name} 100000 </dev/null >/dev/null 2>&1 &
until pgrep -x ${name}; do sleep 0.1; done`;

describe("a job that wants to stay", function () {
  this.timeout(BOUND_MS);
  let pool: LivePool;
  let instance: string;

  const alive = async (name: string) => (await pool.run(instance, `pgrep -x ${name}`)).exitCode === 0;

  before(async function () {
    needSystemd(this);
    pool = await LivePool.open(1);
    [instance] = pool.inService() as [string];
  });
  after(() => pool?.close());

  it("does not outlive itself by a process in the background: the runner ends it", async () => {
    const [seen] = await asJob(pool, instance, [{ script: start("plain", "nohup") }], "plain");
    assert.equal(seen!.code, 0, "it has to have lived while its job ran");
    assert.equal(await alive("plain"), false);
  });

  it("does outlive itself by a process that hides from the runner's clean-up", async () => {
    await asJob(pool, instance, [{ script: start("hidden", "RUNNER_TRACKING_ID= setsid") }], "hidden");
    const [next] = await asJob(pool, instance, [{ script: "pgrep -x hidden && kill -0 $(pgrep -x hidden)" }], "next");
    assert.equal(next!.code, 0, "if this fails, the documentation says more than is true");
  });

  it("does not outlive the runner's service by it: nothing is left when the service starts again", async () => {
    assert.equal(await alive("hidden"), true);
    await pool.sh(instance, `systemctl restart ${UNITS.runner}`);
    assert.equal(await alive("hidden"), false);
    await pool.until("the runner to be back", () => pool.environment.context.jobs.online().includes(instance));
  });

  it("does leave files to the next job of its runner, in the home of their user", async () => {
    await asJob(pool, instance, [{ script: "echo planted >~/.planted" }], "planter");
    const [next] = await asJob(pool, instance, [{ script: "grep planted ~/.planted" }], "finder");
    assert.equal(next!.code, 0, "if this fails, the documentation says more than is true");
  });

  it("leaves nothing to the instance that takes the place of its own", async () => {
    const before = pool.inService();
    await scaleIn(pool, instance);
    await pool.environment.context.group.setDesiredCapacity(1);
    await pool.until("another instance in service", () => pool.inService().some((id) => !before.includes(id)), 300);
    const another = pool.inService()[0]!;
    await pool.until("its runner online", () => pool.environment.context.jobs.online().includes(another), 300);
    const [next] = await asJob(pool, another, [{ script: "! grep planted ~/.planted" }], "elsewhere");
    assert.equal(next!.code, 0, next!.output);
  });
});
