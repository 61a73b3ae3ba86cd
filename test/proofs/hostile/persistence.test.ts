import assert from "node:assert/strict";
import { UNITS } from "../../../contract/actions-runner-pool/host";
import { needSystemd } from "../../rehearsal/hosts/rig";
import { LivePool } from "../../../rehearsal/scenarios/actions-runner-pool/live-pool";
import { asJob, scaleIn } from "./attempts";

/** Several times the usual duration; a bound on a hang, not a measurement. */
const BOUND_MS = 900_000;

/** Starts a process that can be found by its name. */
const start = (name: string, how: string) => `cp /bin/sleep /var/tmp/${name}; ${how} /var/tmp/${name} 100000 </dev/null >/dev/null 2>&1 &
until pgrep -x ${name}; do sleep 0.1; done`;

describe("a job that tries to persist", function () {
  this.timeout(BOUND_MS);
  let pool: LivePool;
  let instance: string;

  const runs = async (name: string) => (await pool.run(instance, `pgrep -x ${name}`)).exitCode === 0;

  before(async function () {
    needSystemd(this);
    pool = await LivePool.open(1);
    [instance] = pool.inService() as [string];
  });
  after(() => pool?.close());

  it("leaves no background process behind: the runner ends it", async () => {
    const [seen] = await asJob(pool, instance, [{ script: start("plain", "nohup") }], "plain");
    assert.equal(seen!.code, 0, "it must have run during its job");
    assert.equal(await runs("plain"), false);
  });

  it("can leave a process behind that hides from the runner's clean-up", async () => {
    await asJob(pool, instance, [{ script: start("hidden", "RUNNER_TRACKING_ID= setsid") }], "hidden");
    const [next] = await asJob(pool, instance, [{ script: "pgrep -x hidden && kill -0 $(pgrep -x hidden)" }], "next");
    assert.equal(next!.code, 0, "if this fails, docs/security.md claims too much");
  });

  it("leaves no process behind once the runner's service restarts", async () => {
    assert.equal(await runs("hidden"), true);
    await pool.sh(instance, `systemctl restart ${UNITS.runner}`);
    assert.equal(await runs("hidden"), false);
    await pool.until("the runner to be online again", () => pool.environment.context.jobs.online().includes(instance));
  });

  it("can leave files for the next job of its runner, in their user's home", async () => {
    await asJob(pool, instance, [{ script: "echo planted >~/.planted" }], "planter");
    const [next] = await asJob(pool, instance, [{ script: "grep planted ~/.planted" }], "finder");
    assert.equal(next!.code, 0, "if this fails, docs/security.md claims too much");
  });

  it("leaves nothing on the instance that replaces its own", async () => {
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
