/** systemd's own work on a host, and that of the operating system's upgrades. */
import assert from "node:assert/strict";
import { LOG, UNITS } from "../../../../contract/actions-runner-pool/host";
import { onOne, type Scenario } from "./scenario";

/** What packages do when they are upgraded: reload, replace process 1, restart what uses a library. */
const RELOAD = "systemctl daemon-reload && systemctl daemon-reexec && systemctl daemon-reload";
const UPGRADE = [
  RELOAD,
  "systemctl restart systemd-journald.service systemd-logind.service",
  `systemctl restart ${UNITS.agentSocket} ${UNITS.agent} ${UNITS.heartbeatTimer}`,
  // apt's own scripts wait for a restart; needrestart's calls do too.
  `(setsid systemctl restart ${UNITS.runner} >/dev/null 2>&1 &)`,
].join("\n");

/** Reads needrestart's configuration as needrestart does, and prints what it may restart of ours. */
const MAY_RESTART = `perl -e '
  our %nrconf = (override_rc => {});
  defined do "/etc/needrestart/conf.d/ci-runners.conf" or die "unreadable: $@$!";
  for my $unit (@ARGV) {
    my ($rule) = grep { $unit =~ /$_/ } keys %{$nrconf{override_rc}};
    print "$unit\\n" unless defined $rule && $nrconf{override_rc}{$rule} == 0;
  }' ${Object.values(UNITS)
    .filter((unit) => unit !== UNITS.heartbeatTimer)
    .join(" ")}`;

export const SERVICES: readonly Scenario[] = [
  onOne("daemon-reload during a job", "the job and the fence's settings stand", async (victim, see) => {
    const job = await victim.hold();
    // systemd lists addresses in no fixed order.
    const look = async () => [
      await victim.show(UNITS.runner, "MainPID"),
      (await victim.show(UNITS.runner, "IPAddressDeny")).split(" ").sort(),
    ];
    const before = await look();
    await victim.sh(RELOAD);
    assert.deepEqual(await look(), before);
    await victim.scaleIn();
    await job.release();
    see(`same runner process, metadata still denied; ${await victim.departs(job)}`);
  }),

  onOne("daemon-reload during a drain", "the drain goes on, with the same process", async (victim, see) => {
    const job = await victim.hold();
    await victim.scaleIn();
    const drain = await victim.show(UNITS.runner, "ControlPID");
    await victim.sh(RELOAD);
    assert.equal(await victim.show(UNITS.runner, "ControlPID"), drain);
    await job.release();
    see(await victim.departs(job));
    assert.equal(victim.logged(LOG.drainBegun).length, 1);
  }),

  onOne(
    "unattended upgrade restarting services",
    "a restart waits for the job, and the runner comes back",
    async (victim, see) => {
      const may = await victim.sh(MAY_RESTART);
      const job = await victim.hold();
      const runner = await victim.show(UNITS.runner, "MainPID");
      await victim.sh(UPGRADE);
      await victim.untilSeen("the drain", async () => (await victim.show(UNITS.runner, "ActiveState")) === "deactivating");
      await victim.untilSeen("the drain process", async () => (await victim.show(UNITS.runner, "ControlPID")) !== "0");
      assert.ok(!job.changes().includes("steps-ended"));
      await job.release();
      await job.succeeds();
      // A job that waits already could still slip in before the fence, which is fine and another row.
      await victim.untilSeen("another runner", async () => !["0", runner].includes(await victim.show(UNITS.runner, "MainPID")));
      const next = await victim.hold();
      await next.release();
      await next.succeeds();
      assert.equal(victim.state, "InService");
      see(
        `needrestart may restart ${may === "" ? "none" : may} of our units; a restart by hand waited for the job, which succeeded; the next one ran on the restarted runner`,
      );
    },
    { keeps: true },
  ),

  onOne("restart of the agent during a drain", "the drain does not depend on it", async (victim, see) => {
    const job = await victim.hold();
    await victim.scaleIn();
    for (let restart = 0; restart < 3; restart++) await victim.sh(`systemctl restart ${UNITS.agent}`);
    await job.release();
    see(`restarted 3 times; ${await victim.departs(job)}`);
    assert.equal(victim.logged(LOG.drainBegun).length, 1);
  }),
];
