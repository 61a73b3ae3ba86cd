import assert from "node:assert/strict";
import { PATHS } from "../../../contract/actions-runner-pool/host";
import type { Job } from "../../../rehearsal/github/jobs";
import { needSystemd } from "../../rehearsal/hosts/rig";
import { LivePool } from "../../../rehearsal/scenarios/actions-runner-pool/live-pool";
import { asJob, scaleIn } from "./attempts";

/** Several times what it takes here; a bound on a hang, not a measurement. */
const BOUND_MS = 900_000;
/** Seconds; the stack's maxDrain is 6 h, and a trap that works holds the instance for that long. */
const GONE_BOUND = 300;

/** Leaves a process behind that the runner's own clean-up does not find. */
const leave = (script: string) => ({
  script: `RUNNER_TRACKING_ID= setsid --fork bash -c '${script.replaceAll("'", `'\\''`)}' </dev/null >/dev/null 2>&1`,
});
const named = (name: string, script: string) => `echo -n ${name} >/proc/self/comm; trap "" INT TERM HUP; ${script}`;

/**
 * What a job leaves behind on its runner to spoil the next stop of it. The runner's own programs belong to the job's
 * user, so the traps themselves cannot be prevented; that they cost the next job, or the drain, can.
 */
describe("a job that leaves a trap for the drain", function () {
  this.timeout(BOUND_MS);
  let pool: LivePool;
  const ends: Record<"decoy" | "stopped" | "rewritten", Promise<void>> = {} as never;
  let next: Readonly<Job>;
  let rewritten: string;

  async function decoy(instance: string): Promise<void> {
    await asJob(pool, instance, [leave(named("Runner.Listener", "while :; do sleep 1; done"))], "decoy");
    // The decoy is worth more if it is the older one, so the listener is killed, as its own user may; its service starts another.
    await pool.sh(instance, "kill -KILL $(pgrep -o -x Runner.Listener)");
    const { github, context } = pool.environment;
    const runner = github.runners().find(({ name }) => name === instance)!;
    // GitHub would keep the dead listener's session for another minute or two, and the new one would wait for that.
    github.protocol.expireSession(runner.id);
    await pool.until("another listener", () => context.jobs.online().includes(instance));
    const names = "xargs -I{} cat /proc/{}/comm </sys/fs/cgroup/system.slice/actions-runner.service/cgroup.procs";
    // Not by its exit code: a process may go between the list and the look.
    const { stdout } = await pool.run(instance, names);
    assert.equal(stdout.split("Runner.Listener").length - 1, 2, `the decoy has to stand beside the listener: ${stdout}`);
    const gone = scaleIn(pool, instance, GONE_BOUND);
    const denied = "systemctl show actions-runner.service --property=IPAddressDeny --value";
    await pool.untilSeen("the fence to be up", async () => (await pool.sh(instance, denied)).includes("0.0.0.0/0"), 60);
    // Nothing reaches the listener now; if the wrong process is interrupted, it takes this once the fence is down.
    next = pool.environment.github.job(pool.queueOn(instance, { name: "next", seconds: 60 }));
    await gone;
  }

  async function stopped(instance: string): Promise<void> {
    const stop = "for name in runsvc.sh node; do pkill -STOP -x -u $(id -u) $name; done";
    await asJob(pool, instance, [leave(`sleep 5; ${stop}`)], "stopper");
    await pool.untilSeen("the service stands still", async () => (await pool.sh(instance, "ps -o stat= -C runsvc.sh")).startsWith("T"));
    await scaleIn(pool, instance, GONE_BOUND);
  }

  async function written(instance: string): Promise<void> {
    const endless = `printf 'trap "" TERM INT\\nwhile :; do sleep 1; done\\n' >>${PATHS.runner}/runsvc.sh`;
    const [done] = await asJob(pool, instance, [{ script: endless }], "writer");
    assert.equal(done!.code, 0, "the runner's updates need that file to be the user's own");
    rewritten = instance;
    await scaleIn(pool, instance, GONE_BOUND);
  }

  before(async function () {
    needSystemd(this);
    pool = await LivePool.open(3);
    const [first, second, third] = pool.inService() as [string, string, string];
    // All at once, because each takes a minute; the tests below say which of them went wrong.
    Object.assign(ends, { decoy: decoy(first), stopped: stopped(second), rewritten: written(third) });
    await Promise.allSettled(Object.values(ends));
  });
  after(() => pool?.close());

  it("cannot have the drain stop a process of its own in place of the listener, and thereby cost the next job", async () => {
    await ends.decoy;
    assert.ok(
      ["queued", "assigned"].includes(next.state),
      `the next job is ${next.state} (${next.detail}): the listener outlived its drain`,
    );
    assert.equal(next.acquiredAt, undefined);
  });

  it("cannot hold the instance by stopping the runner's service (SIGSTOP), which it may", () => ends.stopped);

  it("cannot hold the instance by writing an endless end into the runner's service, which it may", async () => {
    await ends.rewritten;
    assert.match(await pool.environment.machines!.hosts.journal(rewritten), /the service does not end after SIGTERM, killing it/);
  });

  it("has lost no job but its own by any of that", () => {
    const lost = pool.events.filter((event) => event.kind === "job" && event.change === "lost");
    assert.deepEqual(lost, []);
  });
});
