import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { PATHS, UNITS } from "../../../contract/actions-runner-pool/host";
import { ended } from "../../../rehearsal/github/jobs";
import { needSystemd } from "../../rehearsal/hosts/rig";
import { LivePool } from "../../../rehearsal/scenarios/actions-runner-pool/live-pool";
import { asJob, asRoot, runnerUid, scaleIn } from "./attempts";

/** Several times the usual duration; a bound on a hang, not a measurement. */
const BOUND_MS = 900_000;
/** MB; more than a job may write below /run, and little compared to the size of /run. */
const MORE = 100;
/** Processes that the job's user may have here beside those that exist. On an instance it is tens of thousands, too many for this machine. */
const MORE_PROCESSES = 150;

/** Where the step of the next job meets the trap. */
const FIFO = "/var/tmp/next-job";
/** Milliseconds. bash retries a fork for 15 s; a hook whose forks succeed takes some hundredths of a second. */
const RETRIED_MS = 10_000;

/**
 * Waits for the step of a later job, takes every free process of their user and lets the step end. The only process that is
 * free then is the step's own, which the completed hook gets. As long as a hook runs, no other process becomes free.
 */
const TRAP = `import os, signal, time
def fill(fillers):
    while True:
        try: pid = os.fork()
        except OSError: return
        if pid == 0:
            while True: time.sleep(1000)
        fillers.append(pid)
def hooks():
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if b"job-completed.sh" in open(f"/proc/{pid}/cmdline", "rb").read(): return True
        except OSError: pass
fillers = []
with open("${FIFO}", "wb", 0) as step:
    fill(fillers)
    step.write(b"full\\n")
end = time.monotonic() + 10
while not hooks() and time.monotonic() < end: pass
while hooks():
    fill(fillers)
    time.sleep(0.01)
for pid in fillers:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)`;

const fill = (folder: string) => `dd if=/dev/zero of=${folder}/fill bs=1M count=${MORE} status=none`;

describe("a job that exhausts resources that the drain needs", function () {
  this.timeout(BOUND_MS);
  let pool: LivePool;
  let instance: string;

  before(async function () {
    needSystemd(this);
    pool = await LivePool.open(1);
    [instance] = pool.inService() as [string];
  });
  after(() => pool?.close());

  const online = () => pool.until("the runner to be online again", () => pool.environment.context.jobs.online().includes(instance));

  /** Of the job's user, whose id no other machine of this computer uses. The kernel counts each thread as one. */
  const processes = (uid: number) =>
    execFileSync("ps", ["-L", "--no-headers", "-o", "uid", "-A"], { encoding: "utf8" })
      .split("\n")
      .filter((line) => Number(line || -1) === uid).length;

  /** Returns the limit. */
  async function limitProcesses(): Promise<number> {
    const limit = processes(await runnerUid(pool, instance)) + MORE_PROCESSES;
    // The unit sets the limit for each process; the kernel applies it to all processes of the user.
    await pool.sh(
      instance,
      `mkdir -p /run/systemd/system/${UNITS.runner}.d
printf '[Service]\\nLimitNPROC=${limit}\\n' >/run/systemd/system/${UNITS.runner}.d/few.conf
systemctl daemon-reload && systemctl restart ${UNITS.runner}`,
    );
    await online();
    return limit;
  }

  it("cannot fill /run, which systemd and the agent write to, because its own part is small", async () => {
    const [byRoot] = await asRoot(pool, instance, [{ script: `trap 'rm -f /run/fill' EXIT; ${fill("/run")}` }], "fill-by-root");
    assert.equal(byRoot!.code, 0, `/run must hold more than ${MORE} MB, or the test shows nothing: ${byRoot!.output}`);
    // A mount point counts as the file system that is mounted there.
    const elsewhereOf = `find /run -xdev -writable -type d -exec sh -c '[ "$(stat -c %m "$1")" = "$2" ]' sh {} MOUNT \\; -print 2>/dev/null | grep .`;
    const searches = ["/run", PATHS.perfLog].map((mount) => ({ script: elsewhereOf.replace("MOUNT", mount) }));
    const [elsewhere, own, full] = await asJob(pool, instance, [...searches, { script: fill(PATHS.perfLog) }], "fill");
    assert.equal(own!.output.trim(), PATHS.perfLog, "the search finds a writable folder");
    assert.equal(elsewhere!.code, 1, `it can write to /run's own file system: ${elsewhere!.output}`);
    assert.match(full!.output, /No space left on device/);
    const [many] = await asJob(
      pool,
      instance,
      [{ script: `rm ${PATHS.perfLog}/fill; for n in $(seq 1000); do : >${PATHS.perfLog}/$n || exit; done` }],
      "files",
    );
    assert.match(many!.output, /No space left on device/);
    // Systemd and root can still write to /run, where the fence is a file.
    await pool.sh(
      instance,
      `systemctl set-property --runtime ${UNITS.runner} IPAccounting=no && touch ${PATHS.runtime}/probe && rm ${PATHS.runtime}/probe`,
    );
  });

  it("cannot fill /run through the listener's log either, although its user owns the programs that write it", async () => {
    const available = async () => Number(await pool.sh(instance, "df --output=avail --block-size=1M /run | tail -n 1"));
    const before = await available();
    assert.ok(before > MORE, `/run must have more than ${MORE} MB left, or the test shows nothing: ${before} MB`);
    const script = `cp ${PATHS.runner}/runsvc.sh ~/runsvc.sh && sed -i '1a head -c ${MORE}M /dev/zero' ${PATHS.runner}/runsvc.sh`;
    const [written] = await asJob(pool, instance, [{ script }], "flooder");
    assert.equal(written!.code, 0, written!.output);
    await pool.sh(instance, `systemctl restart ${UNITS.runner}`);
    const full = `[ "$(df --output=avail ${PATHS.listenerLogFolder} | tail -n 1)" -eq 0 ]`;
    await pool.untilSeen("the flood to fill the log's own file system", async () => (await pool.run(instance, full)).exitCode === 0);
    assert.ok((await available()) > before - MORE / 2, "the flood is in /run");
    await online();
    // The next start makes room, or a listener that cannot write would end at each of its starts.
    await pool.sh(instance, `cp "$(eval echo ~$(id -nu ${await runnerUid(pool, instance)}))/runsvc.sh" ${PATHS.runner}/runsvc.sh`);
    await pool.sh(instance, `systemctl restart ${UNITS.runner}`);
    const emptied = () => pool.hostLogs(instance, "the listener's log was too long and has been emptied").length;
    await pool.until("the host to report that it has emptied the log", () => emptied() > 0);
    await online();
  });

  /** The next job's hook while another job's trap leaves its user no process, beside the hook as it would be without its defence. */
  async function meetTrap(limit: number, uid: number, unguarded: string) {
    const setTrap = `rm -f ${FIFO} && mkfifo ${FIFO} && echo '${Buffer.from(TRAP).toString("base64")}' | base64 -d >/var/tmp/trap.py
RUNNER_TRACKING_ID= setsid --fork python3 /var/tmp/trap.py </dev/null >/dev/null 2>&1`;
    const [left] = await asJob(pool, instance, [{ script: setTrap }], "trapper");
    assert.equal(left!.code, 0, left!.output);
    // Of the limit two less: the process that the guarded hook's end frees must not be its rescue before the trap takes it.
    const control = `for n in $(seq 400); do pgrep -f '^bash -e ${PATHS.jobCompletedHook}$' >/dev/null && break; sleep 0.05; done
sleep 0.3; setpriv --reuid ${uid} --regid ${uid} --clear-groups prlimit --nproc=${limit - 2} bash -e ${unguarded}`;
    const withoutDefence = pool.run(instance, control);
    const next = pool.environment.github.job(
      pool.queueOn(instance, { name: "next", steps: [{ name: "meet the trap", run: `read -r _ <${FIFO}` }] }),
    );
    await pool.until("the next job to end", () => ended(next), 120);
    assert.equal(next.state, "succeeded", `its hooks took ${JSON.stringify(next.hooks)} ms`);
    return { hook: next.hooks.completed!, withoutDefence: await withoutDefence };
  }

  it("cannot fail the next job by leaving its user without a free process: the pool's hooks need none", async () => {
    const limit = await limitProcesses();
    const uid = await runnerUid(pool, instance);
    // The hook as it was, at the same time, so that what it does without the defence is seen as well.
    const unguarded = "/var/tmp/unguarded-job-completed.sh";
    await pool.sh(
      instance,
      `grep -vx 'trap go_on EXIT' ${PATHS.jobCompletedHook} >${unguarded}; ! cmp -s ${PATHS.jobCompletedHook} ${unguarded}`,
    );
    let met = await meetTrap(limit, uid, unguarded);
    // A busy machine may give the trap its turn only after the hook, which then shows nothing.
    for (let left = 4; met.hook < RETRIED_MS && left > 0; left -= 1) met = await meetTrap(limit, uid, unguarded);
    assert.ok(met.hook >= RETRIED_MS, `the hook found a free process each time: it took ${met.hook} ms`);
    assert.equal(met.withoutDefence.exitCode, 254, `without the defence: ${met.withoutDefence.stderr}`);
  });

  it("cannot keep the drain from running, logging or completing by exhausting processes and the journal", async () => {
    const limit = await limitProcesses();
    const bomb = `import os, time
while True:
    try:
        if os.fork() == 0:
            while True: time.sleep(1000)
    except OSError: time.sleep(0.01)
`;
    const hide = "RUNNER_TRACKING_ID= setsid --fork";
    const run = [
      `${hide} bash -c 'while :; do head -c 3000000 /dev/urandom | base64 -w 200 | logger -t noise; done' </dev/null >/dev/null 2>&1`,
      `echo '${Buffer.from(bomb).toString("base64")}' | base64 -d >/tmp/bomb.py`,
      `${hide} python3 /tmp/bomb.py </dev/null >/dev/null 2>&1`,
      "sleep 15",
    ].join("\n");
    const job = pool.environment.github.job(pool.queueOn(instance, { name: "exhauster", steps: [{ name: "exhaust", run }] }));
    const uid = await runnerUid(pool, instance);
    await pool.untilSeen("its user's process limit to be reached", async () => processes(uid) >= limit - 5);
    const fork = await pool.run(
      instance,
      `setpriv --reuid ${uid} --regid ${uid} --clear-groups prlimit --nproc=${limit} bash -c 'true & wait'`,
    );
    assert.match(fork.stderr, /fork.*Resource temporarily unavailable/);
    await scaleIn(pool, instance, 400);
    const logged = pool.events.flatMap((event) => (event.kind === "host-log" && event.instance === instance ? [event.message] : []));
    for (const message of ["drain begun", "drain ended", "lifecycle action completed"])
      assert.ok(logged.includes(message), `"${message}" is not in the journal`);
    assert.ok(!logged.includes("drain gave up: maxDrain reached"));
    assert.notEqual(job.state, "queued", "it must have run");
    const journal = await pool.environment.machines!.hosts.journal(instance);
    assert.match(journal, /noise/, "the flood must have arrived");
  });
});
