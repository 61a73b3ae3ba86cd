import assert from "node:assert/strict";
import { dirname } from "node:path";
import { PATHS, UNITS } from "../../../contract/actions-runner-pool/host";
import { HOST_PATHS } from "../../../contract/shared/host-paths";
import { needSystemd } from "../../rehearsal/hosts/rig";
import { LivePool } from "../../../rehearsal/scenarios/actions-runner-pool/live-pool";
import { asJob, asRoot, assertRefused, assertWorks, runnerUid, type Attempt, type Outcome } from "./attempts";

/** Several times the usual duration; a bound on a hang, not a measurement. */
const BOUND_MS = 900_000;
const DENIED = /Permission denied|Operation not permitted/i;
const POLKIT = /authenticat|Access denied|authoriz|not permitted/i;
const UNIT_FILES = "/etc/systemd/system";

/** Opens the file for writing but writes nothing, so that root can do the same without harm. */
const write = (what: string, path: string): Attempt => ({ title: `write to ${what}`, script: `: >>${path}`, refusal: DENIED });
const create = (what: string, path: string): Attempt => ({
  title: `create ${what}`,
  script: `touch ${path} && rm ${path}`,
  refusal: DENIED,
});
const mainPid = (unit: string) => `$(systemctl show ${unit} --property=MainPID --value)`;

const ATTEMPTS: Attempt[] = [
  write("the runner's unit", `${UNIT_FILES}/${UNITS.runner}`),
  write("the agent's unit", `${UNIT_FILES}/${UNITS.agent}`),
  write("the heartbeat unit", `${UNIT_FILES}/${UNITS.heartbeat}`),
  write("the completion unit", `${UNIT_FILES}/${UNITS.complete}`),
  create("a drop-in beside the runner's unit", `${UNIT_FILES}/hostile.conf`),
  create("a unit in systemd's runtime folder", "/run/systemd/system/hostile.service"),
  write("the instance's configuration", PATHS.config),
  write("the environment of all services", "/etc/environment"),
  write("the job-started hook", PATHS.jobStartedHook),
  write("the job-completed hook", PATHS.jobCompletedHook),
  write("the agent", PATHS.agent),
  {
    title: "replace the Node that the agent runs on",
    script: `ln ${PATHS.node} ${PATHS.home}/node.hostile && rm ${PATHS.home}/node.hostile`,
    refusal: DENIED,
  },
  write("the second stop command", `${PATHS.home}/stop-again.sh`),
  write("the last stop command", `${PATHS.home}/end-service.sh`),
  write("the script that runs after a stop", `${PATHS.home}/after-stop.sh`),
  { title: "read the setup script", script: `head -c 1 ${HOST_PATHS.setupScript} >/dev/null`, refusal: DENIED },
  write("the setup script", HOST_PATHS.setupScript),
  write("the mark that the setup script has run", HOST_PATHS.prepared),
  create("a file beside the agent", `${PATHS.home}/hostile`),
  create("anything beside the runner's own folder", "/opt/hostile"),
  create("the mark of a forced stop", `${PATHS.runtime}/hostile-mark`),
  write("the listener's log", PATHS.listenerLog),
  write("the listener's log through its service's file descriptor", `/proc/$(pgrep -x runsvc.sh)/fd/1`),
  write("the list that denies it cron", "/etc/cron.deny"),
  create("a rule for sudo", "/etc/sudoers.d/hostile"),
  create("a library preloaded by every program of root", "/etc/ld.so.preload"),
  { title: "read the agent's memory", script: `head -c 1 /proc/${mainPid(UNITS.agent)}/environ >/dev/null`, refusal: DENIED },
  { title: "read the user data", script: "head -c 1 /var/lib/cloud/instance/user-data.txt >/dev/null", refusal: DENIED },
  { title: "read the agent's journal", script: `journalctl --unit=${UNITS.agent} --quiet --lines=1 | grep .` },
  { title: "signal the agent", script: `kill -CONT ${mainPid(UNITS.agent)}`, refusal: DENIED },
  { title: "signal systemd, which supervises the runner's service", script: "kill -CONT 1", refusal: DENIED },
  { title: "have systemd stop or signal the runner", script: `systemctl kill --signal=CONT ${UNITS.runner}`, refusal: POLKIT },
  { title: "have systemd stop or start the heartbeat", script: `systemctl start ${UNITS.heartbeat}`, refusal: POLKIT },
  { title: "have systemd reload its units", script: "systemctl daemon-reload", refusal: POLKIT },
  {
    title: "change the environment of root's services",
    script: "systemctl set-environment HOSTILE=1 && systemctl unset-environment HOSTILE",
    refusal: POLKIT,
  },
  { title: "delay a shutdown by an inhibitor lock", script: "systemd-inhibit --mode=block --what=shutdown true", refusal: POLKIT },
  { title: "use any of root's capabilities", script: "! grep -q 'CapEff:[[:space:]]*0000000000000000' /proc/self/status" },
];

/** Plants code where root's programs in the runner's unit, which run with the job user's HOME and the runner's folder, might find it. */
const PLANT = String.raw`ran='echo $(id -u) >>/srv/planted-ran'
for name in systemctl node cat grep sleep bash; do
  printf '#!/bin/sh\n%s\nexit 1\n' "$ran" >${PATHS.runner}/$name; chmod 755 ${PATHS.runner}/$name
done
for file in .bashrc .bash_profile .profile .bash_login; do echo "$ran" >>~/$file; done
for folder in ~/.node_modules ~/.node_libraries ${PATHS.runner}/node_modules; do
  mkdir -p $folder/@aws-sdk/signature-v4-crt
  echo 'require("fs").appendFileSync("/srv/planted-ran", process.getuid() + "\n")' >$folder/@aws-sdk/signature-v4-crt/index.js
done`;

describe("a job that tampers with the drain", function () {
  this.timeout(BOUND_MS);
  let pool: LivePool;
  let byJob: Outcome[];
  let byRoot: Outcome[];
  let instance: string;

  before(async function () {
    needSystemd(this);
    pool = await LivePool.open(1, [], {}, undefined, { setupScript: "#!/bin/sh\n" });
    [instance] = pool.inService() as [string];
    byJob = await asJob(pool, instance, ATTEMPTS, "by-job");
    byRoot = await asRoot(pool, instance, ATTEMPTS, "by-root");
  });
  after(() => pool?.close());

  for (const [index, attempt] of ATTEMPTS.entries()) {
    it(`cannot ${attempt.title}, but root can`, () => {
      assertRefused(attempt, byJob[index]);
      assertWorks(attempt, byRoot[index]);
    });
  }

  it("is in no group but its own, so no service's socket is open to it", async () => {
    const groups = (await pool.sh(instance, `id -Gn ${await runnerUid(pool, instance)}`)).split(" ");
    assert.equal(groups.length, 1, groups.join(", "));
  });

  it("finds nothing writable in the pool's folders except the runner's performance log", async () => {
    const folders = [PATHS.home, "/etc/ci-runners", UNIT_FILES, PATHS.runtime].join(" ");
    // A folder that it may not even enter has nothing for it.
    const closed = `-path ${dirname(HOST_PATHS.setupScript)} -not -writable -prune`;
    const search = `find ${folders} ${closed} -o -writable -not -type l -not -type s -print`;
    const [found] = await asJob(pool, instance, [{ script: search }], "writable");
    const allowed = found!.output
      .trim()
      .split("\n")
      .filter((path) => !path.startsWith(PATHS.perfLog));
    assert.deepEqual(allowed, []);
    assert.match(found!.output, new RegExp(PATHS.perfLog), "the search finds a writable folder");
  });

  it("cannot make root's programs run code that it plants on their search paths", async () => {
    await pool.sh(instance, "touch /srv/planted-ran && chmod 666 /srv/planted-ran");
    const [planted] = await asJob(pool, instance, [{ script: PLANT }], "plant");
    assert.equal(planted!.code, 0, planted!.output);
    await pool.sh(instance, `systemctl restart ${UNITS.runner}`);
    const ran = () => pool.sh(instance, "grep -x 0 /srv/planted-ran | wc -l");
    assert.equal(await ran(), "0");
    const home = await pool.sh(instance, `getent passwd ${await runnerUid(pool, instance)} | cut -d: -f6`);
    await pool.sh(instance, `cd /tmp && HOME=${home} ${PATHS.node} -e 'require("@aws-sdk/signature-v4-crt")'`);
    assert.equal(await ran(), "1", "a program of root that searches there would have run it");
  });
});
