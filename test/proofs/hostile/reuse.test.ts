import assert from "node:assert/strict";
import { PATHS, UNITS } from "../../../contract/actions-runner-pool/host";
import { LivePool } from "../../../rehearsal/scenarios/actions-runner-pool/live-pool";
import { needSystemd } from "../../rehearsal/hosts/rig";
import { asJob, runnerUid } from "./attempts";

/** Several times the usual duration; a bound on a hang, not a measurement. */
const BOUND_MS = 1_200_000;

/** Each planted program appends its name to this file whenever it runs. */
const ACTED = "/var/tmp/acted";
const plant = (name: string) => `#!/bin/bash\necho ${name} >>${ACTED}\n`;
const base64 = (text: string) => Buffer.from(text).toString("base64");
const write = (path: string, text: string) =>
  `mkdir -p "$(dirname ${path})"; echo '${base64(text)}' | base64 -d >${path}; chmod 755 ${path}`;

/** config.sh of a job: with the token of the next registration it could register any runner. */
const CONFIG_SH = `${plant("config.sh")}echo "token $ACTIONS_RUNNER_INPUT_TOKEN" >>${ACTED}\n`;
/** The service of the runner starts its listener with this script. */
const RUNSVC_SH = `${plant("runsvc.sh")}exec ./bin/runsvc.sh\n`;
/** What a shell of the user may read when it starts. */
const SHELL_FILES = [".bashrc", ".bash_profile", ".bash_login", ".profile", ".bash_env"];
/** Points a service manager, a login and every bash of the user to one of them. */
const ENVIRONMENT_FILES = [".config/environment.d/planted.conf", ".pam_environment", ".ssh/environment"];
const USER_UNIT = `[Service]\nExecStart=/bin/bash -c 'echo user-service >>${ACTED}; exec /var/tmp/in-manager 100000'\n`;
const USER_TIMER = "[Timer]\nOnActiveSec=1\nOnUnitActiveSec=1\nAccuracySec=100ms\n";
const TICK = `[Service]\nType=oneshot\nExecStart=/bin/bash -c 'echo user-timer >>${ACTED}'\n`;

/** Has the user linger again as soon as something ends that. */
const RELINGER = `${write("/var/tmp/relinger", '#!/bin/bash\nwhile :; do loginctl enable-linger "$(id -un)"; sleep 0.05; done\n')}
RUNNER_TRACKING_ID= setsid --fork /var/tmp/relinger </dev/null >/dev/null 2>&1`;

/** All that a job can leave behind to act later. The runner's own programs keep running until its service restarts. */
const PLANT = `set -e
cp /bin/sleep /var/tmp/in-unit; cp /bin/sleep /var/tmp/in-manager
RUNNER_TRACKING_ID= setsid --fork /var/tmp/in-unit 100000 </dev/null >/dev/null 2>&1
loginctl enable-linger "$(id -un)"
export XDG_RUNTIME_DIR=/run/user/$(id -u)
until [ -S $XDG_RUNTIME_DIR/systemd/private ]; do sleep 0.1; done
units=~/.config/systemd/user
${write("$units/planted.service", USER_UNIT)}
${write("$units/tick.service", TICK)}
${write("$units/tick.timer", USER_TIMER)}
mkdir -p $units/default.target.wants
ln -s ../planted.service $units/default.target.wants/planted.service
ln -s ../tick.timer $units/default.target.wants/tick.timer
systemctl --user daemon-reload
systemctl --user start planted.service tick.timer
cd ${PATHS.runner}
rm -f config.sh runsvc.sh
${write("config.sh", CONFIG_SH)}
${write("runsvc.sh", RUNSVC_SH)}
${write("hook.sh", plant("hook"))}
echo ACTIONS_RUNNER_HOOK_JOB_STARTED=${PATHS.runner}/hook.sh >>.env
echo PLANTED=yes >>.env
echo BASH_ENV=$HOME/.bash_env >>.env
${SHELL_FILES.map((file) => write(`~/${file}`, `echo ${file} >>${ACTED}\n`)).join("\n")}
${ENVIRONMENT_FILES.map((file) => write(`~/${file}`, "BASH_ENV=/home/runner/.bash_env\n")).join("\n")}
mkdir -p _work/_tool/cache; echo cached >_work/_tool/cache/file
echo kept >~/.kept
echo key >~/.ssh/authorized_keys
until grep -q user-timer ${ACTED} && grep -q user-service ${ACTED}; do sleep 0.1; done`;

/** Its processes that still run when its instance returns. */
const LEFT = ["in-unit", "in-manager", "relinger"];

describe("a job that tries to act in the next service of its instance", function () {
  this.timeout(BOUND_MS);
  let pool: LivePool;
  let instance: string;

  /** Its reader has the uid of jobs, of which a renewal leaves no process. */
  const hostLogs = { retentionDays: 7 };
  const warmPool = (state: string) => ({ state, minSize: 0, maxPreparedCapacity: 1, reuseOnScaleIn: true });
  const states = () =>
    pool.events.flatMap((event) => (event.kind === "instance-state" && event.instance === instance ? [event.state] : []));
  const runs = async (name: string) => (await pool.run(instance, `pgrep -x ${name}`)).exitCode === 0;
  const credentials = () => pool.sh(instance, `cat ${PATHS.runner}/.credentials`);
  const registrations = () => pool.environment.github.runners().filter(({ name }) => name === instance);

  /** Scales in, which returns the instance, and out again, which calls the same one. */
  async function serveAgain(resting: string): Promise<void> {
    const { group, jobs } = pool.environment.context;
    // As long as the last job's protection holds, the pool launches another instance for the room that it has.
    const { autoscaling } = pool.environment.aws;
    await pool.untilSeen("its protection to end", async () => autoscaling.groupOf(instance)!.instances.every((one) => !one.protected), 60);
    const before = states().length;
    await group.setDesiredCapacity(0);
    await pool.until(`the instance to be ${resting}`, () => states().slice(before).includes(resting));
    assert.ok(states().slice(before).includes("Warmed:Pending:Wait"));
    // Nothing may act while it rests, either.
    if (resting === "Warmed:Running") await pool.sh(instance, `rm -f ${ACTED}`);
    await group.setDesiredCapacity(1);
    await pool.until("the instance in service again", () => pool.inService().includes(instance));
    await pool.until("its runner online", () => jobs.online().includes(instance));
  }

  before(async function () {
    needSystemd(this);
    pool = await LivePool.open(1, [], {}, undefined, {
      minSize: 0,
      maxSize: 1,
      desiredCapacity: 1,
      warmPool: warmPool("Running"),
      hostLogs,
    });
    [instance] = pool.inService() as [string];
  });
  after(() => pool?.close());

  it("leaves no process, timer, runner program or hook that acts then, in a pool whose instances stay powered on", async () => {
    const stolen = await credentials();
    const [planted] = await asJob(pool, instance, [{ script: `${RELINGER}\n${PLANT}` }], "planter");
    assert.equal(planted!.code, 0, planted!.output);
    for (const name of LEFT) assert.equal(await runs(name), true, `${name} must run, or the test shows nothing`);
    await serveAgain("Warmed:Running");
    for (const name of LEFT) assert.equal(await runs(name), false, `${name} survives`);
    const [next] = await asJob(pool, instance, [{ script: "[ -z $PLANTED ]" }], "next");
    assert.equal(next!.code, 0, "the job's settings of the runner are still there");
    assert.equal((await pool.run(instance, `cat ${ACTED}`)).stdout, "", "a planted program ran");
    const uid = await runnerUid(pool, instance);
    assert.equal((await pool.run(instance, `ls /var/lib/systemd/linger/$(id -un ${uid})`)).exitCode === 0, false, "the user still lingers");
    assert.equal(
      (await pool.run(instance, `ls -A "$(getent passwd ${uid} | cut -d: -f6)/.ssh"`)).stdout,
      "",
      "the user's keys are a job's",
    );
    assert.equal(registrations().length, 1);
    assert.notEqual(await credentials(), stolen, "GitHub replaces the credentials with the registration");
  });

  it("keeps what jobs stored, such as caches, which the next service's jobs find", async () => {
    const script = `[ "$(cat ${PATHS.runner}/_work/_tool/cache/file)" = cached ] && [ "$(cat ~/.kept)" = kept ]`;
    const [found] = await asJob(pool, instance, [{ script }], "finder");
    assert.equal(found!.code, 0, "if this fails, docs/security.md claims too much");
  });

  it("finds no token of the next registration, whatever it left: config.sh is the installation's", async () => {
    const spy = `while :; do grep -aolE 'AAAA|token' /proc/[0-9]*/environ 2>/dev/null | head -1 >/dev/null; sleep 0.01; done`;
    const script = `${write("/var/tmp/spy", `#!/bin/bash\necho spy >>${ACTED}\n${spy}\n`)}; RUNNER_TRACKING_ID= setsid --fork /var/tmp/spy </dev/null >/dev/null 2>&1; ${PLANT}`;
    const [planted] = await asJob(pool, instance, [{ script }], "spy");
    assert.equal(planted!.code, 0, planted!.output);
    assert.equal(await runs("spy"), true);
    await serveAgain("Warmed:Running");
    assert.equal(await runs("spy"), false);
    assert.equal((await pool.run(instance, `cat ${ACTED}`)).stdout, "");
  });

  it("leaves nothing that starts with the machine, in a pool whose instances are powered off", async () => {
    await pool.environment.context.engine.reconfigure({ warmPool: warmPool("Stopped"), hostLogs });
    await pool.environment.context.engine.up();
    const [planted] = await asJob(pool, instance, [{ script: `rm -f ${ACTED}; ${PLANT}` }], "boot");
    assert.equal(planted!.code, 0, planted!.output);
    await pool.sh(instance, `systemctl stop user@$(id -u "$(systemctl show ${UNITS.runner} --property=User --value)") || true`);
    const acted = await pool.sh(instance, `wc -l <${ACTED}`);
    await serveAgain("Warmed:Stopped");
    assert.equal(await pool.sh(instance, `wc -l <${ACTED}`), acted, "a planted program ran after the boot");
    const [next] = await asJob(pool, instance, [{ script: "[ -z $PLANTED ]" }], "after-boot");
    assert.equal(next!.code, 0);
  });
});
