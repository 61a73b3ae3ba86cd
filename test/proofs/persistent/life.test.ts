import assert from "node:assert/strict";
import { PERSISTENT_LOG, PERSISTENT_PATHS } from "../../../contract/persistent-runner/host";
import { needSystemd } from "../../rehearsal/hosts/rig";
import { PersistentMachine, VOLUME } from "./machine";

/** Several times the usual duration; a bound on a hang, not a measurement. */
const BOUND_MS = 900_000;
const DEVICE = `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${VOLUME.replace("-", "")}`;
const FORMATTED = `dumpe2fs -h ${DEVICE} 2>/dev/null | sed -n 's/^Filesystem created: *//p'`;
/** Appends, so that a second run of it shows. */
const SETUP = "#!/bin/bash\necho ran >>/var/lib/setup-ran\n";
/** What marks the job at work; earlier ones are still there. */
let job = 0;
/** A job that stays at work until it is let go. */
const waiting = (also = "") => `${also}\ntouch begun-${++job}; until [ -e go-${job} ]; do sleep 0.2; done`;

describe("a persistent machine with a cache volume", function () {
  this.timeout(BOUND_MS);
  let machine: PersistentMachine;
  let created: string;

  before(async function () {
    needSystemd(this);
    machine = await PersistentMachine.launch({ volume: 2 });
    machine.change({ ...machine.script(SETUP), jobEnvironment: { TEAM: "blue" } });
  });
  after(() => machine?.close());

  const work = `${PERSISTENT_PATHS.runner}/_work`;
  const atWork = () => machine.until("the job to be at work", () => machine.holds(`test -e ${work}/begun-${job}`));

  async function letGo(): Promise<void> {
    await machine.sh(`touch ${work}/go-${job}`);
    await machine.off();
  }

  it("waits for its first order, prepares itself, reports to the lease by what, and goes off", async () => {
    const sealed = await machine.order("provision");
    await machine.off();
    const { phase, generation, prepared, bootId } = await machine.lease();
    assert.deepEqual([phase, generation], ["ready", String(sealed)]);
    assert.match(bootId!, /^[0-9a-f-]{36}$/);
    assert.match(prepared!, /^[0-9a-f]{64}-[0-9a-f]{64}$/);
    assert.ok(!machine.orderExists, "an order is for one boot");
    assert.match(machine.console(), new RegExp(`"message":"${PERSISTENT_LOG.prepared}"`));
    assert.match(machine.console(), /ci-runners: prepare: setupScript done/);
    assert.match(machine.console(), /"message":"volume mounted".*"formatted":true/);
  });

  it("runs the job of its next start on what the preparation left, and goes off by itself at its end", async () => {
    await machine.start("run", waiting("echo $TEAM >/ci-cache/marker; echo built >target; echo $CARGO_HOME >>/ci-cache/marker"));
    await atWork();
    assert.equal((await machine.lease()).phase, "ready");
    created = await machine.sh(FORMATTED);
    assert.notEqual(created, "");
    assert.equal(await machine.sh("cat /var/lib/setup-ran"), "ran", "a prepared machine prepares nothing");
    await letGo();
    const [{ how }] = machine.logged(PERSISTENT_LOG.jobEnded) as [{ how: string }];
    assert.equal(how, "exited 0");
  });

  it("is found by the next run as the last one left it: cache, workspace, the same file system, the logs of that run", async () => {
    await machine.start("run", waiting("cat /ci-cache/marker target >found"));
    await atWork();
    assert.equal(await machine.sh(`cat ${work}/found`), "blue\n/ci-cache/cargo\nbuilt");
    assert.equal(await machine.sh(FORMATTED), created, "it was formatted again");
    assert.match(await machine.sh(`cat ${PERSISTENT_PATHS.runLogs}/2-1234-1/journal.log`), /job ended with 0/);
    assert.equal(await machine.sh(`stat -c '%U %a' ${PERSISTENT_PATHS.runLogs}`), "root 700");
    assert.equal(await machine.sh(`tar -xzOf ${PERSISTENT_PATHS.runLogs}/2-1234-1/diagnostics.tar.gz _diag/Runner_1.log`), "listening");
    await letGo();
  });

  it("prepares itself again when its configuration changes, runs an unchanged setup script no second time, and keeps what it has", async () => {
    machine.change({ jobEnvironment: { TEAM: "green" } });
    await machine.start("run", waiting("echo $TEAM >team"));
    await atWork();
    assert.equal(await machine.sh("cat /var/lib/setup-ran"), "ran");
    assert.equal(await machine.sh(`cat ${work}/team`), "green");
    assert.equal(await machine.sh("cat /ci-cache/marker"), "blue\n/ci-cache/cargo");
    assert.equal(await machine.sh(FORMATTED), created);
    await letGo();
    machine.change(machine.script(`${SETUP}# changed\n`));
    await machine.start("provision");
    await machine.off();
    assert.equal((await machine.lease()).phase, "ready");
    await machine.start("run", waiting());
    await atWork();
    assert.equal(await machine.sh("cat /var/lib/setup-ran"), "ran\nran");
    await letGo();
  });

  it("takes no job for a run that has released it meanwhile", async () => {
    const ready = machine.logged(PERSISTENT_LOG.ready).length;
    await machine.start("run", "touch must-not-run", "stopping");
    await machine.off();
    assert.equal(machine.logged(PERSISTENT_LOG.ready).length, ready);
    assert.equal(machine.logged(PERSISTENT_LOG.notOurs).length, 1);
    assert.equal((await machine.lease()).phase, "stopping");
  });

  it("takes no job on a full disk, but evicts first, and says which disk it is, in the lease too", async () => {
    machine.change({ diskGate: { used: 0, freeSpace: 0 }, cache: { mount: "/ci-cache", volumeId: VOLUME, evict: ["evictable"] } });
    await machine.start("run", "touch must-not-run");
    await machine.off();
    const { phase, failure, generation } = await machine.lease();
    assert.equal(phase, "starting");
    assert.match(failure!, new RegExp(`^${generation}: disk: /: \\d+ % used`));
    assert.match(machine.console(), /ci-runners: boot failed: disk: /);
    // The caches are on a disk of their own, which is not the full one. Once before the preparation, once before the job.
    assert.deepEqual(
      machine.logged("evicting").map(({ what }) => what),
      ["logs of runs", "logs of runs"],
    );
    machine.change({ diskGate: { used: 99, freeSpace: 0 } });
  });

  it("gives a job neither the instance's role nor what is root's, and no hook fails it when its disk is full", async () => {
    const tries = `
      curl -s --max-time 3 -o /dev/null http://169.254.169.254/latest/meta-data/ && echo reached >>tries
      for path in ${PERSISTENT_PATHS.order} ${PERSISTENT_PATHS.runnerEnvironment}; do
        cat $path >/dev/null 2>&1 && echo read $path >>tries
      done
      ls ${PERSISTENT_PATHS.runLogs} >/dev/null 2>&1 && echo listed >>tries
      for path in ${PERSISTENT_PATHS.home} /etc/ci-runners /run/ci-runners ${PERSISTENT_PATHS.cacheVolume} /var/lib/ci-runners; do
        touch $path/x 2>/dev/null && echo wrote $path >>tries
      done
      tr '\\0' '\\n' </proc/self/environ | grep JITCONFIG >>tries
      touch tries`;
    await machine.start("run", waiting(tries));
    await atWork();
    assert.equal(await machine.sh(`cat ${work}/tries`), "");
    assert.equal(await machine.holds(`test -e ${PERSISTENT_PATHS.runnerEnvironment}`), false, "the runner has it");
    const folder = PERSISTENT_PATHS.activity.replace(/\/[^/]+$/, "");
    await machine.sh(
      `mount -t tmpfs -o size=4k,mode=0777 tmpfs ${folder} && (dd if=/dev/zero of=${folder}/fill bs=4k count=1; true) 2>/dev/null`,
    );
    assert.equal(await machine.holds(`echo x >${folder}/y && [ -s ${folder}/y ]`), false, "it is not full");
    await letGo();
    assert.match(await machine.hosts.journal(machine.instance), /job ended with 0\n/);
  });

  it("starts nothing at its next boot that a job has left to be started", async () => {
    const unit = "[Service]\\nExecStart=/usr/bin/touch /ci-cache/lingered\\n[Install]\\nWantedBy=default.target\\n";
    const leave = `
      mkdir -p ~/.config/systemd/user/default.target.wants
      printf '${unit}' >~/.config/systemd/user/left.service
      ln -sf ../left.service ~/.config/systemd/user/default.target.wants/
      loginctl enable-linger "$(id -un)"; crontab - <<<'@reboot touch /ci-cache/lingered' || true`;
    await machine.start("run", waiting(leave));
    await atWork();
    await machine.until("the user's manager to have started it", () =>
      machine.holds("test -e /var/lib/systemd/linger/runner && test -e /ci-cache/lingered"),
    );
    await machine.sh("rm -f /ci-cache/lingered");
    await letGo();
    await machine.start("run", waiting("sleep 3"));
    await atWork();
    assert.ok(await machine.holds("test ! -e /ci-cache/lingered && test ! -e /var/lib/systemd/linger/runner"));
    await letGo();
  });

  it("refuses the job of another run that asks for this run's label, whatever it would do after a failure", async () => {
    machine.holder = "acme/other#77#1";
    await machine.start("run", "touch must-not-run");
    await machine.off();
    machine.holder = "acme/app#1234#1";
    const [{ job }] = machine.logged(PERSISTENT_LOG.foreignJob) as [{ job: string }];
    assert.equal(job, "acme/app#1234#1");
    const { failure } = await machine.lease();
    assert.match(failure!, /a job of acme\/app#1234#1 asked for the machine, and was refused/);
  });

  it("finds nothing of what an earlier run did to the runner, and survives a folder in place of the hooks' file", async () => {
    const poison = `
      for file in run.sh bin/Runner.Worker .env .path; do printf '#!/bin/bash\ntouch /ci-cache/poisoned\n' >${PERSISTENT_PATHS.runner}/$file; done
      rm -f ${PERSISTENT_PATHS.activity}; mkdir ${PERSISTENT_PATHS.activity} || true`;
    await machine.start("run", waiting(poison));
    await atWork();
    await letGo();
    await machine.start("run", waiting("ls -a .. >listed"));
    await atWork();
    assert.ok(
      await machine.holds(`test ! -e /ci-cache/poisoned && test ! -e ${work}/must-not-run && ! grep -qE '[.](env|path)$' ${work}/listed`),
    );
    await letGo();
  });

  it("is wiped for a new epoch: caches, workspaces and the home, also where a job has denied that", async () => {
    const leave =
      "mkdir -p /ci-cache/deep/x; chmod -R a-w /ci-cache/deep; git config --global core.hooksPath /x 2>/dev/null; echo evil >>~/.bashrc; echo x >~/.npmrc";
    await machine.start("run", waiting(leave));
    await atWork();
    await letGo();
    machine.change({ cache: { mount: "/ci-cache", volumeId: VOLUME, evict: [], epoch: "after the incident" } });
    await machine.start("run", waiting("ls -A /ci-cache >found; cat ~/.bashrc ~/.npmrc >>found 2>/dev/null || true"));
    await atWork();
    assert.ok(await machine.holds(`! grep -qE 'deep|evil|^x$' ${work}/found && test ! -e ${work}/target`));
    assert.equal(await machine.sh(`cat ${PERSISTENT_PATHS.cacheVolumeEpoch}`), "after the incident");
    await letGo();
  });
});
