import assert from "node:assert/strict";
import { PATHS } from "../../../contract/actions-runner-pool/host";
import { TEAM_IMAGE } from "../../../rehearsal/hosts/image-recipe";
import { LivePool } from "../../../rehearsal/scenarios/actions-runner-pool/live-pool";
import { needSystemd } from "../../rehearsal/hosts/rig";
import { fill } from "../faults/systemd/host";
import { TargetInstance } from "../faults/systemd/target";

/** Several times the usual duration; a bound on a hang, not a measurement. */
const BOUND_MS = 1_200_000;

describe("a change of the setup script", function () {
  this.timeout(BOUND_MS);
  let pool: LivePool;

  before(async function () {
    needSystemd(this);
    pool = await LivePool.open(1, [], TEAM_IMAGE, undefined, { ...usual, setupScript: "#!/bin/sh\ntouch /var/tmp/first\n" });
  });
  after(() => pool?.close());

  /** Without a warm pool: one machine that serves, and the one that replaces it. */
  const usual = { minSize: 1, maxSize: 2, warmPool: {}, jobEnvironment: { TEAM: "blue" } };

  async function deploy(setupScript: string): Promise<void> {
    await pool.environment.context.engine.reconfigure({ ...usual, setupScript });
    await pool.environment.context.engine.up();
  }

  it("refreshes the pool, each instance after its job", async () => {
    const [instance] = pool.inService() as [string];
    const target = new TargetInstance(pool, instance);
    const job = await target.hold();
    await deploy("#!/bin/sh\ntouch /var/tmp/second\n");
    // By default a refresh waits for busy instances before it replaces them.
    await pool.untilSeen("the refresh", async () => pool.environment.context.group.refreshStatus() === "InProgress");
    assert.deepEqual([job.state, target.state], ["acquired", "InService"]);
    await job.release();
    await target.departs(job);
    await pool.until("its replacement in service", () => pool.inService().length === 1, 600);
    const [next] = pool.inService() as [string];
    assert.equal(await pool.sh(next, "cd /var/tmp && ls first second 2>/dev/null || true"), "second");
  });

  /** Deploys it, and returns the reason on the console of a launch that it fails, which has its first line: the group repeats others. */
  async function abandoned(setupScript: string, firstLine: string): Promise<string> {
    await deploy(setupScript);
    const hosts = pool.environment.machines!.hosts;
    const launched = () => new Set(pool.events.flatMap((event) => (event.kind === "instance-state" ? [event.instance] : [])));
    const reasons = () =>
      [...launched()].flatMap((id) => {
        const console = hosts.console(id);
        const [, reason] = /bootstrap failed: (.*)/.exec(console) ?? [];
        return reason !== undefined && console.includes(`setup: ${firstLine}`) ? [{ id, reason }] : [];
      });
    await pool.untilSeen("a failed bootstrap", async () => reasons().length > 0, 600);
    const [{ id, reason }] = reasons() as [{ id: string; reason: string }];
    const isAbandoned = () =>
      pool.events.some((event) => event.kind === "action-closed" && event.instance === id && event.result === "ABANDON");
    await pool.until("the launch to be abandoned", isAbandoned, 600);
    return reason.trim();
  }

  it("to one that fails abandons the launch with its last lines on the console", async () => {
    const script = "#!/bin/bash\necho preparing\necho 'cannot reach mirror.example.com' >&2\nexit 3\n";
    assert.match(
      await abandoned(script, "preparing"),
      /^install\.sh: setupScript: exit code 3 after \d+ s: preparing \| cannot reach mirror\.example\.com$/,
    );
  });

  it("to one that fills the disk abandons the launch with a reason", async () => {
    // As the disk of one machine: the machines share this machine's disk, which must not be filled.
    const folders = ["/var/log", "/var/tmp", "/var/lib/cloud", "/etc/ci-runners", PATHS.home, PATHS.runner];
    const reason = await abandoned(`#!/bin/bash\necho filling\n${fill(folders)}\n`, "filling");
    assert.match(
      reason,
      /^install\.sh: disk: setupScript and packages leave too little space for jobs: .*: 0\.0 of \S+ GiB free, at least 2 needed$/,
    );
  });
});
