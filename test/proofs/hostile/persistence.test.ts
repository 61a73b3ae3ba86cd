import assert from "node:assert/strict";
import { PATHS, UNITS } from "../../../contract/actions-runner-pool/host";
import { POOL_TAG, registrationSecretName } from "../../../contract/actions-runner-pool/names";
import { OWNER_TAG, secretOwner } from "../../../contract/shared/owned-secret";
import { UNIT_CGROUP } from "../../../host-config/actions-runner-pool/units/runner-unit";
import { needSystemd } from "../../rehearsal/hosts/rig";
import { LivePool } from "../../../rehearsal/scenarios/actions-runner-pool/live-pool";
import { asJob, runnerUid, scaleIn } from "./attempts";

/** Several times the usual duration; a bound on a hang, not a measurement. */
const BOUND_MS = 900_000;

/** Starts a process that can be found by its name. */
const start = (name: string, how: string) => `cp /bin/sleep /var/tmp/${name}; ${how} /var/tmp/${name} 100000 </dev/null >/dev/null 2>&1 &
until pgrep -x ${name}; do sleep 0.1; done`;

/**
 * A process that replaces itself by its child as fast as the kernel allows, so that no pid lives long enough to be signalled.
 * Each link stamps a file with the time since boot, in nanoseconds.
 */
const CHAIN = `import os, sys, time
file = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
while True:
    os.pwrite(file, b"%020d" % time.monotonic_ns(), 0)
    try:
        if os.fork(): os._exit(0)
    except OSError: pass`;
/** One in the runner's unit, hidden from the runner's clean-up, and one in the service manager of its user. */
const IN_UNIT = "/var/tmp/chain-in-unit";
const IN_MANAGER = "/var/tmp/chain-in-manager";
const CHAINS = `echo '${Buffer.from(CHAIN).toString("base64")}' | base64 -d >/var/tmp/chain.py
loginctl enable-linger "$(id -un)" || exit
export XDG_RUNTIME_DIR=/run/user/$(id -u)
until [ -S $XDG_RUNTIME_DIR/systemd/private ]; do sleep 0.1; done
systemd-run --user --quiet --property=Type=oneshot --property=RemainAfterExit=yes python3 /var/tmp/chain.py ${IN_MANAGER} || exit
RUNNER_TRACKING_ID= setsid --fork python3 /var/tmp/chain.py ${IN_UNIT} </dev/null >/dev/null 2>&1
until [ -s ${IN_UNIT} ] && [ -s ${IN_MANAGER} ]; do sleep 0.1; done`;
/**
 * The runner's unit as it was once cleaned up: one reading, one signal each. The pause is the time that passes in between on
 * a busy machine. Prints the time since boot.
 */
const ONE_PASS = `pids=$(cat /sys/fs/cgroup/${UNIT_CGROUP}/cgroup.procs); sleep 0.1
for pid in $pids; do
  comm=python3; { read -r comm <"/proc/$pid/comm"; } 2>/dev/null
  [ "$comm" != python3 ] || kill -KILL $pid 2>/dev/null
done
python3 -c 'import time; print(time.monotonic_ns())'`;

/** Reports as whom it runs, with which token, and whether it reaches the metadata. */
const REGISTERED = "/var/tmp/registered";
const CONFIG_SH = `#!/bin/bash
curl -s -m 3 -o /dev/null http://169.254.169.254/
echo "curl $?, uid $(id -u), token $ACTIONS_RUNNER_INPUT_TOKEN" >>${REGISTERED}
`;
const UNREGISTER = `cd ${PATHS.runner} && rm -f .runner .credentials .credentials_rsaparams config.sh || exit
echo '${Buffer.from(CONFIG_SH).toString("base64")}' | base64 -d >config.sh && chmod 755 config.sh`;
const TOKEN = "token of the next registration";
/** Ticks of the agent, one a second: it decides at each, and registers within two or three. */
const TICKS = 6;

describe("a job that tries to persist", function () {
  this.timeout(BOUND_MS);
  let pool: LivePool;
  let instance: string;

  const runs = async (name: string) => (await pool.run(instance, `pgrep -x ${name}`)).exitCode === 0;

  /** Waits until the agent has looked at the runner's unit so often, each time with a child process (its page faults are field 11). */
  async function ticks(count: number): Promise<void> {
    const faults = () => pool.sh(instance, `cut -d ' ' -f 11 /proc/$(systemctl show ${UNITS.agent} --property=MainPID --value)/stat`);
    for (let seen = 0, last = await faults(); seen < count; seen++) {
      await pool.untilSeen("the agent's next tick", async () => (await faults()) !== last, 30);
      last = await faults();
    }
  }

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

  it("leaves no chain of forks behind once the runner's service restarts, in its unit or in its user's service manager", async () => {
    const stamp = async (file: string) => BigInt(await pool.sh(instance, `cat ${file}`));
    const restart = async () => {
      await pool.sh(instance, `systemctl restart ${UNITS.runner}`);
      await pool.until("the runner to be online again", () => pool.environment.context.jobs.online().includes(instance));
      return BigInt(await pool.sh(instance, `systemctl show ${UNITS.runner} --property=ExecMainStartTimestampMonotonic --value`)) * 1000n;
    };
    const [left] = await asJob(pool, instance, [{ script: CHAINS }], "chains");
    assert.equal(left!.code, 0, left!.output);
    const passed = BigInt(await pool.sh(instance, ONE_PASS));
    await pool.untilSeen("the chain in the unit to survive a single pass", async () => (await stamp(IN_UNIT)) > passed, 10);
    // As after a boot: without this mark the reap leaves the user's slice alone.
    await pool.sh(instance, `rm ${PATHS.runtime}/reaped`);
    const first = await restart();
    assert.ok((await stamp(IN_UNIT)) < first, "the chain in the unit runs beside the new listener");
    assert.ok((await stamp(IN_MANAGER)) > first, "the chain in the service manager must be able to survive, or the test shows nothing");
    const second = await restart();
    assert.ok((await stamp(IN_MANAGER)) < second, "the chain in the service manager runs beside the new listener");
    await pool.sh(instance, `loginctl disable-linger "$(id -un ${await runnerUid(pool, instance)})"`);
  });

  it("can leave files for the next job of its runner, in their user's home", async () => {
    await asJob(pool, instance, [{ script: "echo planted >~/.planted" }], "planter");
    const [next] = await asJob(pool, instance, [{ script: "grep planted ~/.planted" }], "finder");
    assert.equal(next!.code, 0, "if this fails, docs/security.md claims too much");
  });

  it("cannot have its own config.sh run, with a token, by removing its runner's registration before a reboot", async () => {
    const { aws } = pool.environment;
    const { pool: name, secretPrefix } = JSON.parse(await pool.sh(instance, `cat ${PATHS.config}`)) as Record<string, string>;
    const [done] = await asJob(pool, instance, [{ script: UNREGISTER }], "unregister");
    assert.equal(done!.code, 0, done!.output);
    const owner = secretOwner(aws.iam.role(aws.fleet.get(instance)!.profile!.roleName)!.uniqueId, instance);
    const secret = registrationSecretName(secretPrefix!, instance);
    aws.secrets.seed({ name: secret, value: JSON.stringify({ token: TOKEN }), tags: { [OWNER_TAG]: owner, [POOL_TAG]: name! } });
    await pool.sh(instance, "systemctl reboot --no-block");
    const refusal = "a runner that has served is no longer configured, and is not registered again";
    await pool.until("the agent to find no registration after the reboot", () => pool.hostLogs(instance, refusal).length > 0, 120);
    await ticks(TICKS);
    const ran = () => pool.run(instance, `cat ${REGISTERED}`);
    assert.equal((await ran()).exitCode, 1, "config.sh ran");
    assert.ok(aws.secrets.names().includes(secret), "the token was used");
    assert.equal(await pool.sh(instance, `systemctl show ${UNITS.runner} --property=ActiveState --value`), "inactive");
    // A first registration: only the marks are removed.
    await pool.sh(instance, `rm -f ${PATHS.home}/served ${PATHS.runtime}/served`);
    await pool.untilSeen("config.sh to run without the mark", async () => (await ran()).exitCode === 0, 60);
    const { stdout } = await ran();
    assert.match(stdout, new RegExp(`uid ${await runnerUid(pool, instance)}, token ${TOKEN}`));
    assert.match(stdout, /^curl [1-9]/, "even then the metadata must be denied");
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
