import assert from "node:assert/strict";
import { PATHS } from "../../../contract/actions-runner-pool/host";
import type { Job } from "../../../rehearsal/github/jobs";
import { needSystemd } from "../../rehearsal/hosts/rig";
import { LivePool } from "../../../rehearsal/scenarios/actions-runner-pool/live-pool";
import { asJob, scaleIn } from "./attempts";

/** Several times the usual duration; a bound on a hang, not a measurement. */
const BOUND_MS = 900_000;
/** Seconds; the stack's maxDrain is 6 h, and a successful trap blocks the termination for that long. */
const GONE_BOUND = 300;

/** Leaves a process behind that the runner's clean-up does not find. */
const leave = (script: string) => ({
  script: `RUNNER_TRACKING_ID= setsid --fork bash -c '${script.replaceAll("'", `'\\''`)}' </dev/null >/dev/null 2>&1`,
});
const named = (name: string, script: string) => `echo -n ${name} >/proc/self/comm; trap "" INT TERM HUP; ${script}`;

/**
 * What a job leaves behind on its runner to disrupt the next stop. The runner's own programs belong to the job's user, so
 * the traps cannot be prevented, but their effect on the next job and on the drain can.
 */
describe("a job that leaves a trap for the drain", function () {
  this.timeout(BOUND_MS);
  let pool: LivePool;
  const ends: Record<"decoy" | "stopped" | "rewritten", Promise<void>> = {} as never;
  let next: Readonly<Job>;
  let rewritten: string;

  async function decoy(instance: string): Promise<void> {
    await asJob(pool, instance, [leave(named("Runner.Listener", "while :; do sleep 1; done"))], "decoy");
    // An older decoy is more dangerous, so the listener is killed, as its user may do; its service starts another one.
    await pool.sh(instance, "kill -KILL $(pgrep -o -x Runner.Listener)");
    const { github, context } = pool.environment;
    const runner = github.runners().find(({ name }) => name === instance)!;
    // Otherwise GitHub keeps the dead listener's session for a minute or two, and the new listener waits for it.
    github.protocol.expireSession(runner.id);
    await pool.until("another listener", () => context.jobs.online().includes(instance));
    const names = "xargs -I{} cat /proc/{}/comm </sys/fs/cgroup/system.slice/actions-runner.service/cgroup.procs";
    // The exit code is ignored: a process may exit between being listed and being read.
    const { stdout } = await pool.run(instance, names);
    assert.equal(stdout.split("Runner.Listener").length - 1, 2, `the decoy must run beside the listener: ${stdout}`);
    const gone = scaleIn(pool, instance, GONE_BOUND);
    const denied = "systemctl show actions-runner.service --property=IPAddressDeny --value";
    await pool.untilSeen("the fence to be up", async () => (await pool.sh(instance, denied)).includes("0.0.0.0/0"), 60);
    // Nothing reaches the listener now. If the wrong process is interrupted, the listener takes this job once the fence is down.
    next = pool.environment.github.job(pool.queueOn(instance, { name: "next", seconds: 60 }));
    await gone;
  }

  async function stopped(instance: string): Promise<void> {
    const stop = "for name in runsvc.sh node; do pkill -STOP -x -u $(id -u) $name; done";
    await asJob(pool, instance, [leave(`sleep 5; ${stop}`)], "stopper");
    await pool.untilSeen("the service is stopped by SIGSTOP", async () =>
      (await pool.sh(instance, "ps -o stat= -C runsvc.sh")).startsWith("T"),
    );
    await scaleIn(pool, instance, GONE_BOUND);
  }

  async function written(instance: string): Promise<void> {
    const endless = `printf 'trap "" TERM INT\\nwhile :; do sleep 1; done\\n' >>${PATHS.runner}/runsvc.sh`;
    const [done] = await asJob(pool, instance, [{ script: endless }], "writer");
    assert.equal(done!.code, 0, "the runner's updates require that the user owns this file");
    rewritten = instance;
    await scaleIn(pool, instance, GONE_BOUND);
  }

  before(async function () {
    needSystemd(this);
    pool = await LivePool.open(3);
    const [first, second, third] = pool.inService() as [string, string, string];
    // All in parallel, because each takes a minute; the tests below report which one failed.
    Object.assign(ends, { decoy: decoy(first), stopped: stopped(second), rewritten: written(third) });
    await Promise.allSettled(Object.values(ends));
  });
  after(() => pool?.close());

  it("cannot cost the next job by making the drain stop a decoy instead of the listener", async () => {
    await ends.decoy;
    assert.ok(
      ["queued", "assigned"].includes(next.state),
      `the next job is ${next.state} (${next.detail}): the listener outlived its drain`,
    );
    assert.equal(next.acquiredAt, undefined);
  });

  it("cannot block the termination by stopping the runner's service (SIGSTOP)", () => ends.stopped);

  it("cannot block the termination with a runner's service that ignores SIGTERM", async () => {
    await ends.rewritten;
    assert.match(await pool.environment.machines!.hosts.journal(rewritten), /the service does not end after SIGTERM, killing it/);
  });

  it("loses no job but its own", () => {
    const lost = pool.events.filter((event) => event.kind === "job" && event.change === "lost");
    assert.deepEqual(lost, []);
  });
});
