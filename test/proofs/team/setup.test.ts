import assert from "node:assert/strict";
import { HOST_PATHS } from "../../../contract/shared/host-paths";
import { HOST_UNITS } from "../../../contract/shared/host-units";
import { TEAM_IMAGE } from "../../../rehearsal/hosts/image-recipe";
import { LivePool } from "../../../rehearsal/scenarios/actions-runner-pool/live-pool";
import { needSystemd } from "../../rehearsal/hosts/rig";
import { asJob } from "../hostile/attempts";
import { PreparationRun } from "./preparation-run";

/** Several times the usual duration; a bound on a hang, not a measurement. */
const BOUND_MS = 1_200_000;
const ARCHIVE_LISTS = "/srv/archive/Packages";

/** Longer than a machine takes from its installation to its first power-off, so that a pool which did not wait would cut it. */
const SLOW = `#!/bin/bash
echo begin >>/var/tmp/setup-ran
export SETUP_ONLY=1
jq --version
sleep 15
echo end | tee -a /var/tmp/setup-ran
`;

/** Holds one of the package manager's locks until there is a file, as an unattended upgrade does. */
const holdLock = (lock: string) => `rm -f /run/release /run/held
  setsid python3 -c '
import fcntl, os, time
lock = open("${lock}", "w"); fcntl.lockf(lock, fcntl.LOCK_EX); open("/run/held", "w")
while not os.path.exists("/run/release"): time.sleep(0.1)' >/dev/null 2>&1 </dev/null &
  until [ -e /run/held ]; do sleep 0.1; done`;

describe("a pool with packages, a setup script and an environment of its jobs", function () {
  this.timeout(BOUND_MS);
  let pool: LivePool;
  let instance: string;

  before(async function () {
    needSystemd(this);
    // One in service and one in the warm pool, which is not refilled when that one is called into service.
    pool = await LivePool.open(1, [], TEAM_IMAGE, undefined, {
      minSize: 1,
      maxSize: 2,
      warmPool: { state: "Stopped", minSize: 0, maxPreparedCapacity: 2 },
      packages: ["jq"],
      setupScript: SLOW,
      setupTimeout: 400,
      jobEnvironment: { TEAM: "blue berry", JAVA_OPTS: "-Xmx1g -Da=b" },
    });
    [instance] = pool.inService() as [string];
  });
  after(() => pool?.close());

  const run = (setup: object, script?: string) => PreparationRun.start(pool, instance, setup, script);
  const processes = (pattern: string) => pool.sh(instance, `pgrep -f '${pattern}' || true`);

  it("an instance with a slow script enters the warm pool only after it, and runs it once", async () => {
    const inState = (state: string) =>
      pool.events.flatMap((event) => (event.kind === "instance-state" && event.state === state ? [event.instance] : []));
    await pool.until("an instance in the warm pool", () => inState("Warmed:Stopped").length > 0, 600);
    const [pooled] = inState("Warmed:Stopped") as [string];
    const console = pool.environment.machines!.hosts.console(pooled);
    assert.equal(console.split("setup: end").length, 2, "the machine was powered off before the script's end");
    await pool.environment.context.group.setDesiredCapacity(2);
    await pool.until("it to be in service", () => pool.inService().includes(pooled), 600);
    assert.equal(await pool.sh(pooled, "cat /var/tmp/setup-ran"), "begin\nend");
    assert.match(await pool.sh(pooled, `cat ${HOST_PATHS.prepared}`), new RegExp(`^${pooled} [0-9a-f]{64}$`));
  });

  it("a script uses the packages, which are there before it", async () => {
    assert.match(pool.environment.machines!.hosts.console(instance), /setup: jq-\d/);
  });

  it("a job sees jobEnvironment, and not the script's variables", async () => {
    const [seen] = await asJob(pool, instance, [{ script: "env" }], "environment");
    const variables = seen!.output.split("\n");
    assert.ok(variables.includes("TEAM=blue berry") && variables.includes("JAVA_OPTS=-Xmx1g -Da=b"), seen!.output);
    assert.deepEqual(
      variables.filter((line) => /^(SETUP_ONLY|CI_RUNNERS_)/.test(line)),
      [],
    );
  });

  for (const lock of ["/var/lib/dpkg/lock-frontend", "/var/lib/apt/lists/lock"]) {
    it(`packages wait for a lock that another program holds: ${lock}`, async () => {
      const name = lock.includes("lists") ? "nftables" : "busybox-static";
      await pool.sh(instance, holdLock(lock));
      const waiting = await run({ packages: [name], setupTimeout: 300 });
      await waiting.says("packages: waiting for the lock that");
      await pool.sh(instance, "touch /run/release");
      const { code, progress, reason } = await waiting.ended();
      assert.deepEqual([code, reason], [0, ""], progress);
      assert.match(progress, /waiting for the lock that \d+ python3 holds/);
      assert.equal(await pool.sh(instance, `dpkg-query --show --showformat='\${db:Status-Status}' ${name}`), "installed");
    });
  }

  it("a lock that is never released is the reason, with its holder", async () => {
    await pool.sh(instance, holdLock("/var/lib/dpkg/lock-frontend"));
    const { code, reason } = await (await run({ packages: ["slirp4netns"], setupTimeout: 10 })).ended();
    await pool.sh(instance, "touch /run/release");
    assert.equal(code, 1);
    assert.match(reason, /^packages: the package manager was locked by \d+ python3 until setupTimeout$/);
  });

  it("an archive that is gone, and a package that it never had, are different reasons", async () => {
    const unknown = await (await run({ packages: ["no-such-package"], setupTimeout: 120 })).ended();
    assert.match(unknown.reason, /^packages: no-such-package: the archive has no such package or version: E: Unable to locate package/);
    await pool.sh(instance, `mv ${ARCHIVE_LISTS} ${ARCHIVE_LISTS}.gone; rm -rf /var/lib/apt/lists/*`);
    const gone = await (await run({ packages: ["slirp4netns"], setupTimeout: 120 })).ended();
    await pool.sh(instance, `mv ${ARCHIVE_LISTS}.gone ${ARCHIVE_LISTS}`);
    assert.match(gone.reason, /^packages: apt-get update failed: \S/);
    assert.deepEqual([unknown.code, gone.code], [1, 1]);
  });

  it("a script that hangs is ended by setupTimeout, with all its processes", async () => {
    const script = `#!/bin/bash
trap '' TERM INT HUP
echo waiting for the mirror
(setsid bash -c 'trap "" TERM; exec -a outlives-setup sleep 3600' >/dev/null 2>&1 &)
exec -a hangs-in-setup sleep 3600
`;
    const hanging = await run({ setupTimeout: 8 }, script);
    await hanging.says("setup: waiting for the mirror");
    await pool.untilSeen("both processes", async () => (await processes("(outlives|hangs-in)-setup")).split("\n").length === 2);
    const { code, reason } = await hanging.ended();
    assert.deepEqual([code, reason], [1, "setupScript: took longer than setupTimeout = 8 s: waiting for the mirror"]);
    assert.equal(await processes("(outlives|hangs-in)-setup"), "");
    assert.equal(await pool.sh(instance, `systemctl show ${HOST_UNITS.setup} --property=LoadState --value`), "not-found");
  });

  it("a script that floods its output costs neither the disk nor the reason", async () => {
    const script = "#!/bin/bash\nyes 'a line of a flood' | head -c 30000000\necho no route to the mirror >&2\nexit 3\n";
    const { reason, progress } = await (await run({ setupTimeout: 120 }, script)).ended();
    assert.match(reason, /^setupScript: exit code 3 after \d+ s: .*no route to the mirror$/);
    assert.ok(progress.length > 1_000_000 && progress.length < 2_000_000, String(progress.length));
    assert.match(progress, /further output is not shown\n?$/);
  });

  for (const signal of ["KILL", "TERM", "INT", "HUP"]) {
    it(`a script that SIG${signal} ends has failed and says so, although systemd takes all but SIGKILL for a success`, async () => {
      const { code, reason } = await (await run({ setupTimeout: 60 }, `#!/bin/bash\necho linking\nkill -${signal} $$\n`)).ended();
      assert.equal(code, 1);
      assert.match(reason, new RegExp(`^setupScript: killed by SIG${signal} after \\d+ s: linking$`));
    });
  }

  it("a script that ends its whole group on a failure, as scripts often do, has failed", async () => {
    const script = "#!/bin/bash\nset -e\ntrap 'trap - SIGTERM && kill -- -$$' SIGINT SIGTERM EXIT\necho linking\nfalse\n";
    const { code, reason } = await (await run({ setupTimeout: 60 }, script)).ended();
    assert.equal(code, 1);
    assert.match(reason, /^setupScript: killed by SIGTERM after \d+ s: linking$/);
  });

  it("a script that succeeds has done so, although it leaves a program that ignores its end", async () => {
    const script = `#!/bin/bash
(trap '' TERM; exec -a left-by-setup sleep 600) &
sleep 1
echo ready
`;
    const { code, reason, progress } = await (await run({ setupTimeout: 60 }, script)).ended();
    assert.deepEqual([code, reason], [0, ""], progress);
    assert.equal(await processes("[l]eft-by-setup"), "");
    assert.equal(await pool.sh(instance, `systemctl show ${HOST_UNITS.setup} --property=LoadState --value`), "not-found");
  });

  it("a script that writes to /dev/stderr and reads /dev/stdin succeeds, as it does in the user data", async () => {
    const script =
      "#!/bin/bash\nset -e\necho one >/dev/stderr\necho two | tee /dev/stderr >/dev/null\ncat /dev/stdin\nsu runner -c 'echo three >&2'\n";
    const { code, reason, progress } = await (await run({ setupTimeout: 60 }, script)).ended();
    assert.deepEqual([code, reason], [0, ""], progress);
    assert.match(progress, /setup: one\nsetup: two\nsetup: three\n/);
  });

  it("a program that the script moves out of its unit does not hold the launch up by the script's output", async () => {
    const script = "#!/bin/bash\nsystemd-run --quiet --scope --unit=moved-by-setup sleep 600 &\nsleep 2\necho ready\n";
    const { code, reason, progress } = await (await run({ setupTimeout: 30 }, script)).ended();
    await pool.sh(instance, "systemctl stop moved-by-setup.scope || true");
    assert.deepEqual([code, reason], [0, ""], progress);
    assert.match(progress, /setup: ready/);
  });

  it("a bootstrap that is killed during the script leaves nothing that keeps the next one from completing", async () => {
    const killed = await run({ setupTimeout: 300 }, "#!/bin/bash\necho first\nexec -a left-of-setup sleep 3600\n");
    await killed.says("setup: first");
    await killed.kill();
    const { code, progress, reason } = await (await run({ setupTimeout: 60 }, "#!/bin/bash\necho second\n")).ended();
    assert.deepEqual([code, reason], [0, ""], progress);
    assert.match(progress, /setup: second/);
    assert.equal(await processes("[l]eft-of-setup"), "");
  });
});
