/** Operations of systemd and of operating system upgrades. */
import assert from "node:assert/strict";
import { LOG, UNITS } from "../../../../contract/actions-runner-pool/host";
import { HOST_UNITS } from "../../../../contract/shared/host-units";
import { onOne, type Scenario } from "./scenario";

/** What package upgrades do: reload, re-execute process 1, restart users of a library. */
const RELOAD = "systemctl daemon-reload && systemctl daemon-reexec && systemctl daemon-reload";
const UPGRADE = [
  RELOAD,
  "systemctl restart systemd-journald.service systemd-logind.service",
  `systemctl restart ${UNITS.agentSocket} ${UNITS.agent} ${UNITS.heartbeatTimer}`,
  // Runs in the background: the call waits for the restart, as apt's scripts and needrestart do.
  `(setsid systemctl restart ${UNITS.runner} >/dev/null 2>&1 &)`,
].join("\n");

/** Reads needrestart's configuration as needrestart does, and prints which of our units it may restart. */
const MAY_RESTART = `perl -e '
  our %nrconf = (override_rc => {});
  defined do "/etc/needrestart/conf.d/ci-runners.conf" or die "unreadable: $@$!";
  for my $unit (@ARGV) {
    my ($rule) = grep { $unit =~ /$_/ } keys %{$nrconf{override_rc}};
    print "$unit\\n" unless defined $rule && $nrconf{override_rc}{$rule} == 0;
  }' ${[...Object.values(UNITS), ...Object.values(HOST_UNITS)].map((unit) => `'${unit}'`).join(" ")}`;

export const SERVICES: readonly Scenario[] = [
  onOne("daemon-reload during a job", "the job and the fence's settings are unaffected", async (target, see) => {
    const job = await target.hold();
    // systemd lists addresses in no fixed order.
    const settings = async () => [
      await target.show(UNITS.runner, "MainPID"),
      (await target.show(UNITS.runner, "IPAddressDeny")).split(" ").sort(),
    ];
    const before = await settings();
    await target.sh(RELOAD);
    assert.deepEqual(await settings(), before);
    await target.scaleIn();
    await job.release();
    see(`same runner process, metadata still denied; ${await target.departs(job)}`);
  }),

  onOne("daemon-reload during a drain", "the drain continues in the same process", async (target, see) => {
    const job = await target.hold();
    await target.scaleIn();
    const drain = await target.show(UNITS.runner, "ControlPID");
    await target.sh(RELOAD);
    assert.equal(await target.show(UNITS.runner, "ControlPID"), drain);
    await job.release();
    see(await target.departs(job));
    assert.equal(target.logged(LOG.drainBegun).length, 1);
  }),

  onOne(
    "unattended upgrade restarting services",
    "a restart waits for the job, and the runner starts again",
    async (target, see) => {
      const may = await target.sh(MAY_RESTART);
      const job = await target.hold();
      const runner = await target.show(UNITS.runner, "MainPID");
      await target.sh(UPGRADE);
      await target.untilSeen("the drain", async () => (await target.show(UNITS.runner, "ActiveState")) === "deactivating");
      await target.untilSeen("the drain process", async () => (await target.show(UNITS.runner, "ControlPID")) !== "0");
      assert.ok(!job.changes().includes("steps-ended"));
      await job.release();
      await job.succeeds();
      // No job is queued until then: it could slip in before the fence, which is fine but covered by another row.
      await target.untilSeen("another runner", async () => !["0", runner].includes(await target.show(UNITS.runner, "MainPID")));
      const next = await target.hold();
      await next.release();
      await next.succeeds();
      assert.equal(target.state, "InService");
      see(
        `needrestart may restart ${may === "" ? "none" : may} of our units; a manual restart waited for the job, which succeeded; the next one ran on the restarted runner`,
      );
    },
    { keeps: true },
  ),

  onOne("restart of the agent during a drain", "the drain does not depend on it", async (target, see) => {
    const job = await target.hold();
    await target.scaleIn();
    for (let restart = 0; restart < 3; restart++) await target.sh(`systemctl restart ${UNITS.agent}`);
    await job.release();
    see(`restarted 3 times; ${await target.departs(job)}`);
    assert.equal(target.logged(LOG.drainBegun).length, 1);
  }),
];
