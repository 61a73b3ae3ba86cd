import assert from "node:assert/strict";
import { FORCE_OFF_AFTER, PERSISTENT_LOG, PERSISTENT_PATHS, PERSISTENT_UNITS } from "../../../contract/persistent-runner/host";
import { needSystemd } from "../../rehearsal/hosts/rig";
import { PersistentMachine } from "./machine";

/** Several times the usual duration; a bound on a hang, not a measurement. */
const BOUND_MS = 900_000;
/** A setup script that nothing but the end of the machine ends in time. */
const HANGS = "#!/bin/bash\ntrap '' TERM INT HUP\necho waiting for the mirror\nwhile :; do sleep 3600; done\n";
/** A unit whose stop never ends. */
const STUCK = `[Unit]
Description=Never stops
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/true
ExecStop=/bin/sleep infinity
TimeoutStopSec=infinity
`;

type Launch = (options: Parameters<typeof PersistentMachine.launch>[0]) => Promise<PersistentMachine>;

/** Prepared, and off. */
async function provisioned(launch: Launch, config: Parameters<Launch>[0]["config"]): Promise<PersistentMachine> {
  const machine = await launch({ config });
  await machine.order("provision");
  await machine.off();
  return machine;
}

/** By the end of the sentence that begins with the name of the suite. */
const REASONS: Record<string, (launch: Launch) => Promise<void>> = {
  async "because of a setup script that hangs: firstBootTimeout ends it, and the next boot begins the preparation again"(launch) {
    const machine = await launch({ config: { firstBootTimeout: 60 } });
    machine.change(machine.script(HANGS));
    await machine.order("provision");
    await machine.until("the script to run", () => machine.console().includes("waiting for the mirror"));
    // Otherwise setupTimeout would end it first: a reload, of which the preparation has some, begins the limit anew.
    await machine.sh(`systemctl kill --signal=STOP ${PERSISTENT_UNITS.boot}; systemctl daemon-reload`);
    await machine.off();
    assert.match(machine.console(), /ci-runners: not prepared within firstBootTimeout: switching off/);
    assert.equal(machine.logged(PERSISTENT_LOG.sessionOver).length, 0, "its session's limit ended it");
    assert.equal((await machine.lease()).phase, "starting", "it took no job, and was not prepared");
    machine.change({ firstBootTimeout: 300, ...machine.script("#!/bin/bash\nsleep 70\necho set up >>/var/lib/setup-ran\n") });
    await machine.start("provision");
    await machine.off();
    assert.equal((await machine.lease()).phase, "ready");
  },

  async "because its first boot was cut short: the second completes it, and the setup is found whole"(launch) {
    const machine = await launch({});
    machine.change(machine.script("#!/bin/bash\necho begun >>/var/lib/setup-ran\nsleep 20\necho done >>/var/lib/setup-ran\n"));
    await machine.order("provision");
    await machine.until("the script to run", () => machine.holds("test -e /var/lib/setup-ran"));
    await machine.sh("sync; systemctl poweroff -ff").catch(() => undefined);
    await machine.off();
    await machine.start("provision");
    await machine.off();
    const { phase, prepared } = await machine.lease();
    assert.equal(phase, "ready");
    assert.notEqual(prepared, undefined);
    await machine.start("run", "cat /var/lib/setup-ran >ran; sleep 5");
    await machine.until("the job to be at work", () => machine.holds(`test -s ${PERSISTENT_PATHS.runner}/_work/ran`));
    assert.equal(await machine.sh(`cat ${PERSISTENT_PATHS.runner}/_work/ran`), "begun\nbegun\ndone");
    await machine.off();
  },

  async "because GitHub sends no job: the idle stop ends it, but not under a job"(launch) {
    const idle = await provisioned(launch, { idleStopTimeout: 20 });
    await idle.start("run", "#wait for a job that was cancelled");
    await idle.off();
    assert.equal(idle.logged(PERSISTENT_LOG.idleStop).length, 1);
    await idle.start("run", "touch begun; sleep 75; touch done");
    await idle.off();
    assert.equal(idle.logged(PERSISTENT_LOG.idleStop).length, 1, "a job was at work");
    assert.equal(idle.logged(PERSISTENT_LOG.jobEnded).length, 2);
  },

  async "because an operator has forgotten it: the idle stop ends it, but not while the operator holds it"(launch) {
    const idle = await provisioned(launch, { idleStopTimeout: 20 });
    await idle.start("run", "#wait");
    await idle.until("the machine to answer", () => idle.holds(`test -d /run/ci-runners && touch ${PERSISTENT_PATHS.debug}`));
    // The first begins to count, so by the fourth the machine would be off.
    const checks = () => idle.sh("journalctl --boot --output=cat --unit=ci-runners-idle.service | grep -c ^Finished || true");
    await idle.until("four checks", async () => Number(await checks()) >= 4);
    await idle.sh(`rm ${PERSISTENT_PATHS.debug}`);
    await idle.off();
  },

  async "because of a job that does not end: the session's limit ends it, and the listener can still report its job"(launch) {
    const session = await provisioned(launch, {});
    session.change({ maxSession: 60 });
    await session.start("provision");
    await session.off();
    await session.start("run", "trap 'echo interrupted >ended; exit 130' INT; touch begun; while :; do sleep 1; done");
    await session.off();
    assert.equal(session.logged(PERSISTENT_LOG.sessionOver).length, 1);
    session.change({ maxSession: 7200 });
    await session.start("provision");
    await session.off();
    await session.start("run", "cat ended >found; sleep 5");
    await session.until("the job to be at work", () => session.holds(`test -s ${PERSISTENT_PATHS.runner}/_work/found`));
    assert.equal(await session.sh(`cat ${PERSISTENT_PATHS.runner}/_work/found`), "interrupted");
    await session.off();
  },

  async [`because an orderly power-off hangs: the power is cut ${FORCE_OFF_AFTER} s later`](launch) {
    const stuck = await provisioned(launch, {});
    await stuck.start("run", "touch begun; until [ -e go ]; do sleep 0.2; done; sync");
    const work = `${PERSISTENT_PATHS.runner}/_work`;
    await stuck.until("the job to be at work", () => stuck.holds(`test -e ${work}/begun`));
    const unit = Buffer.from(STUCK).toString("base64");
    await stuck.sh(
      `echo ${unit} | base64 -d >/run/systemd/system/stuck.service && systemctl daemon-reload && systemctl start stuck.service`,
    );
    await stuck.sh(`touch ${work}/go`);
    await stuck.until("the power-off to be under way", () =>
      stuck.holds("systemctl list-jobs --no-legend | grep -q 'stuck.service *stop'"),
    );
    await stuck.off();
    await stuck.start("run", "ls >found; sleep 5");
    await stuck.until("the job to be at work", () => stuck.holds(`test -s ${work}/found`));
    assert.match(await stuck.sh(`cat ${work}/found`), /^begun$/m, "what the job wrote is on the disk");
    await stuck.off();
  },

  async "because a boot cannot fetch what it needs: the reason is on its console and in its lease"(launch) {
    const broken = await launch({});
    // There is no archive here from which it could be installed.
    broken.change(broken.script("#!/bin/bash\nprintf '#!/bin/sh\\nexit 1\\n' >/usr/local/bin/nvme\nchmod +x /usr/local/bin/nvme\n"));
    await broken.order("provision");
    await broken.off();
    broken.change({ cache: { mount: "/other", volumeId: "vol-absent", evict: [] } });
    await broken.start("run", "touch must-not-run");
    await broken.off();
    const { phase, failure } = await broken.lease();
    assert.equal(phase, "starting");
    assert.match(failure!, /: storage: \/dev\/disk\/by-id\/\S+volabsent did not appear within 30 s/);
    assert.match(broken.console(), /ci-runners: boot failed: storage: /);
  },
};

describe("a persistent machine never stays on", function () {
  this.timeout(BOUND_MS);
  /** All at once: they have machines of their own, and mostly wait for timers. */
  const ends = new Map<string, Promise<void>>();

  before(function () {
    needSystemd(this);
    for (const [reason, run] of Object.entries(REASONS)) {
      const end = onMachines(run);
      // Its test waits for it later.
      end.catch(() => undefined);
      ends.set(reason, end);
    }
  });
  // Also after a failure, or a machine would outlive the test.
  after(() => Promise.allSettled(ends.values()));

  for (const reason of Object.keys(REASONS)) it(reason, () => ends.get(reason));
});

/** Closes each machine that it has launched. */
async function onMachines(run: (launch: Launch) => Promise<void>): Promise<void> {
  const machines: PersistentMachine[] = [];
  const launch: Launch = async (options) => {
    const machine = await PersistentMachine.launch(options);
    machines.push(machine);
    return machine;
  };
  try {
    await run(launch);
  } finally {
    for (const machine of machines) await machine.close();
  }
}
