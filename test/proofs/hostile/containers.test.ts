import assert from "node:assert/strict";
import { UNITS } from "../../../contract/actions-runner-pool/host";
import { HOST_PATHS } from "../../../contract/shared/host-paths";
import { HOST_UNITS } from "../../../contract/shared/host-units";
import { METADATA_ADDRESSES } from "../../../host-config/shared/metadata-addresses";
import { TEAM_MACHINES } from "../../../rehearsal/environment/preparation";
import { LivePool } from "../../../rehearsal/scenarios/actions-runner-pool/live-pool";
import { needContainers } from "../../rehearsal/hosts/rig";
import { IMPORT } from "../team/import-image";
import { asJob, assertRefused, assertWorks, scaleIn, type Attempt, type Outcome } from "./attempts";

/** Several times the usual duration; a bound on a hang, not a measurement. */
const BOUND_MS = 1_200_000;
const HOST = `http://${METADATA_ADDRESSES[0]}`;

/** A program that prints the role's secret key and exits with 0, or fails. A container runs the host's curl with it. */
const THIEF = "/var/tmp/thief";
const THEFT = `#!/bin/bash
token=$(curl -sS -m 3 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' ${HOST}/latest/api/token) || exit
role=$(curl -sS -m 3 -H "X-aws-ec2-metadata-token: $token" ${HOST}/latest/meta-data/iam/security-credentials/) || exit
curl -sS -m 3 -H "X-aws-ec2-metadata-token: $token" ${HOST}/latest/meta-data/iam/security-credentials/$role | grep SecretAccessKey
`;
const steal = (options: string) => `docker run --rm ${options} --volume /:/host rootfs chroot /host ${THIEF}`;
const UNREACHABLE = /curl: \(\d+\) .*(Failed to connect|timed out|Timeout|Couldn't connect)/i;

const THEFTS: Attempt[] = [
  { title: "from a container on the bridge network", script: steal(""), refusal: UNREACHABLE },
  { title: "from a container on the host's network", script: steal("--network host"), refusal: UNREACHABLE },
  { title: "from a container with --privileged", script: steal("--privileged --network host"), refusal: UNREACHABLE },
  {
    title: "as one of its subordinate uids on the host's network",
    script: `export XDG_RUNTIME_DIR=$(mktemp -d)
rootlesskit --net=host setpriv --reuid=1000 --regid=1000 --clear-groups ${THIEF}`,
    refusal: UNREACHABLE,
  },
  {
    // The engine speaks TLS first. That the metadata service does not is what it can only find out by an answer.
    title: "through the engine's own pull, which a job can point at the metadata",
    script: `timeout 6 docker pull ${METADATA_ADDRESSES[0]}:80/x/y 2>&1 | tee /dev/stderr | grep 'HTTP response to HTTPS client'`,
  },
  {
    title: "through the engine's own build, which fetches what a job names",
    script: `folder=$(mktemp -d)
printf 'FROM rootfs\\nADD ${HOST}/latest/meta-data/ /stolen\\n' >$folder/Dockerfile
DOCKER_BUILDKIT=0 timeout 6 docker build --no-cache $folder 2>&1 | tee /dev/stderr | grep '401 Unauthorized'`,
  },
];

/** The layers of the defence, by how root lifts each and puts it back. */
const UNITS_OF_JOBS = [HOST_UNITS.docker, UNITS.runner];
const denied = (addresses: string) =>
  UNITS_OF_JOBS.map((unit) => `systemctl set-property --runtime ${unit} 'IPAddressDeny=${addresses}'`).join("\n");
const LAYERS = {
  groups: { name: "the control groups", lift: denied(""), restore: denied(METADATA_ADDRESSES.join(" ")) },
  filter: {
    name: "the packet filter",
    lift: "nft delete table inet ci_runners_metadata",
    restore: `nft --file ${HOST_PATHS.metadataFence}`,
  },
};

/** Attempts on what is root's; the same works without the engine's namespaces, as root. */
const READS: Attempt[] = [
  {
    title: "read root's files through a mount of /",
    script: "docker run --rm --privileged --volume /:/host rootfs cat /host/etc/shadow",
    refusal: /Permission denied/,
  },
  {
    title: "change the engine's configuration through a mount of /",
    script: `docker run --rm --privileged --volume /:/host rootfs sh -c 'echo {} >/host${HOST_PATHS.engineConfig}'`,
    refusal: /Permission denied|Read-only/,
  },
  {
    title: "have systemd move the runner into the engine's unit",
    script: `pids=$(pgrep -u $(id -u) -x 'Runner.Listener')
busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager AttachProcessesToUnit ssau ${HOST_UNITS.docker} '' 1 $pids`,
    refusal: /non-delegated|denied/i,
  },
];

/** Runs after its job, hidden from the runner's clean-up. */
const afterJob = (script: string) => `cat >/var/tmp/later <<'LATER'
sleep 3
${script}
LATER
RUNNER_TRACKING_ID= setsid --fork bash /var/tmp/later </dev/null >/dev/null 2>&1`;

const CONFIG = { minSize: 0, maxSize: 1, desiredCapacity: 1, docker: "rootless" };

describe("a job that uses its rootless engine to gain more", function () {
  this.timeout(BOUND_MS);
  let pool: LivePool;
  let instance: string;
  /** Of each theft, by the layers that are up. */
  const outcomes: Record<"all" | "filter" | "groups" | "none", Outcome[]> = { all: [], filter: [], groups: [], none: [] };
  let reads: Outcome[];

  const runs = async (command: string) => (await pool.run(instance, `pgrep -x -f '${command}'`)).exitCode === 0;
  const online = () => pool.until("the runner to be online again", () => pool.environment.context.jobs.online().includes(instance));
  const containers = () =>
    pool.sh(
      instance,
      `for n in $(seq 100); do docker -H unix://${HOST_PATHS.engineSocket} ps --all --quiet && exit; sleep 0.2; done; exit 1`,
    );

  before(async function () {
    needContainers(this);
    pool = await LivePool.open(1, [], TEAM_MACHINES, undefined, CONFIG);
    [instance] = pool.inService() as [string];
    const prepare = `set -e; ${IMPORT}; echo '${Buffer.from(THEFT).toString("base64")}' | base64 -d >${THIEF}; chmod 755 ${THIEF}`;
    const [prepared] = await asJob(pool, instance, [{ script: prepare }], "prepare");
    assert.equal(prepared!.code, 0, prepared!.output);
    outcomes.all = await asJob(pool, instance, THEFTS, "all");
    reads = await asJob(pool, instance, READS, "reads");
    await pool.sh(instance, LAYERS.groups.lift);
    outcomes.filter = await asJob(pool, instance, THEFTS, "filter");
    await pool.sh(instance, `${LAYERS.filter.lift}\n${LAYERS.groups.restore}`);
    outcomes.groups = await asJob(pool, instance, THEFTS, "groups");
    await pool.sh(instance, LAYERS.groups.lift);
    outcomes.none = await asJob(pool, instance, THEFTS, "none");
    await pool.sh(instance, `${LAYERS.filter.restore}\n${LAYERS.groups.restore}`);
  });
  after(() => pool?.close());

  for (const [index, attempt] of THEFTS.entries()) {
    it(`cannot get the instance's credentials ${attempt.title}`, () => {
      assertRefused(attempt, outcomes.all[index]);
      // Each layer alone.
      assertRefused(attempt, outcomes.filter[index]);
      assertRefused(attempt, outcomes.groups[index]);
      assertWorks(attempt, outcomes.none[index]);
    });
  }

  it("cannot get the instance's credentials as its own uid from a control group that denies nothing", async () => {
    const user = await pool.sh(instance, `systemctl show ${UNITS.runner} --property=User --value`);
    const elsewhere = `systemd-run --quiet --wait --pipe --uid=${user} ${THIEF}`;
    const refused = await pool.run(instance, elsewhere);
    assert.notEqual(refused.exitCode, 0);
    assert.match(refused.stderr + refused.stdout, UNREACHABLE);
    await pool.sh(instance, `${LAYERS.filter.lift}\n${elsewhere}\n${LAYERS.filter.restore}`);
  });

  for (const [index, attempt] of READS.entries()) it(`cannot ${attempt.title}`, () => assertRefused(attempt, reads[index]));

  it("cannot fill /run through the engine's runtime folder, nor keep the next engine from starting", async () => {
    const script = `dd if=/dev/zero of=${HOST_PATHS.engineRuntime}/fill bs=1M count=200 status=none`;
    const [filled] = await asJob(pool, instance, [{ script }], "fill");
    assert.match(filled!.output, /No space left on device/);
    assert.ok(Number(await pool.sh(instance, "df --output=pcent /run | tr -dc 0-9")) < 50);
    await pool.sh(instance, `systemctl restart ${UNITS.runner}`);
    await online();
    assert.equal(await containers(), "");
  });

  it("cannot have the engine start a container, plugin or daemon configuration of its own after a reboot", async () => {
    const script = `set -e; ${IMPORT}
mkdir -p ~/.config/docker ${HOST_PATHS.engine}/plugins/planted
echo '{"registry-mirrors":["http://planted.example"]}' | tee ~/.config/docker/daemon.json ${HOST_PATHS.engine}/daemon.json ~/daemon.json >/dev/null
echo planted >${HOST_PATHS.engine}/plugins/planted/config.json
${afterJob("docker run --detach --restart=always rootfs sleep 5151")}`;
    const [planted] = await asJob(pool, instance, [{ script }], "planter");
    assert.equal(planted!.code, 0, planted!.output);
    await pool.untilSeen("the container to run", () => runs("sleep 5151"), 30);
    await pool.sh(instance, "systemctl reboot --no-block");
    await pool.until("the runner to be offline", () => !pool.environment.context.jobs.online().includes(instance), 120);
    await online();
    assert.equal(await containers(), "", "a container survives");
    assert.equal(await runs("sleep 5151"), false);
    const [found] = await asJob(pool, instance, [{ script: "docker info 2>/dev/null" }], "info");
    assert.equal(found!.code, 0, found!.output);
    assert.doesNotMatch(found!.output, /planted/);
    assert.notEqual((await pool.run(instance, `ls ${HOST_PATHS.engine}/plugins/planted`)).exitCode, 0);
  });

  it("cannot delay its drain by a container's process named Runner.Worker", async () => {
    const decoy = "docker run --detach --volume /:/host rootfs chroot /host /var/tmp/Runner.Worker 5152";
    const script = `set -e; ${IMPORT}; cp /bin/sleep /var/tmp/Runner.Worker; ${afterJob(decoy)}`;
    const [left] = await asJob(pool, instance, [{ script }], "decoy");
    assert.equal(left!.code, 0, left!.output);
    await pool.untilSeen("the decoy to run", async () => (await pool.run(instance, "pgrep -x Runner.Worker")).exitCode === 0, 30);
    await scaleIn(pool, instance, 120);
    const [drained] = pool.hostLogs(instance, "drain ended");
    assert.ok(drained, "the drain must have ended by itself");
    assert.equal(pool.hostLogs(instance, "drain gave up: maxDrain reached").length, 0);
  });
});

describe("a job that leaves a container in the next service of its instance", function () {
  this.timeout(BOUND_MS);
  let pool: LivePool;
  let instance: string;

  before(async function () {
    needContainers(this);
    const warmPool = { state: "Running", minSize: 0, maxPreparedCapacity: 1, reuseOnScaleIn: true };
    pool = await LivePool.open(1, [], TEAM_MACHINES, undefined, { ...CONFIG, warmPool });
    [instance] = pool.inService() as [string];
  });
  after(() => pool?.close());

  /** Scales in, which returns the instance, and out again, which calls the same one. */
  async function serveAgain(whileResting = async () => {}): Promise<void> {
    const { group, jobs } = pool.environment.context;
    const { autoscaling } = pool.environment.aws;
    const states = () =>
      pool.events.flatMap((event) => (event.kind === "instance-state" && event.instance === instance ? [event.state] : []));
    // As long as the last job's protection holds, the pool launches another instance for the room that it has.
    await pool.untilSeen("its protection to end", async () => autoscaling.groupOf(instance)!.instances.every((one) => !one.protected), 60);
    const before = states().length;
    await group.setDesiredCapacity(0);
    await pool.until("the instance to rest in the pool", () => states().slice(before).includes("Warmed:Running"));
    await whileResting();
    await group.setDesiredCapacity(1);
    await pool.until("the instance in service again", () => pool.inService().includes(instance));
    await pool.until("its runner online", () => jobs.online().includes(instance));
  }

  it("leaves none that acts", async () => {
    const acted = "/var/tmp/acted";
    const act = `docker run --detach --restart=always --volume /var/tmp:/out rootfs sh -c 'while :; do date >>/out/acted; sleep 0.2; done'`;
    const [left] = await asJob(pool, instance, [{ script: `set -e; ${IMPORT}; ${afterJob(act)}` }], "leaver");
    assert.equal(left!.code, 0, left!.output);
    const acts = async () => (await pool.run(instance, `test -s ${acted}`)).exitCode === 0;
    await pool.untilSeen("the container to act", acts, 30);
    await serveAgain(async () => void (await pool.sh(instance, `rm -f ${acted}`)));
    const [next] = await asJob(pool, instance, [{ script: '[ -z "$(docker ps --all --quiet)" ]' }], "next");
    assert.equal(next!.code, 0, next!.output);
    assert.equal(await acts(), false, "it acts again");
  });

  it("leaves images, as all that jobs stored", async () => {
    const [made] = await asJob(pool, instance, [{ script: `set -e; ${IMPORT}; docker volume create named` }], "maker");
    assert.equal(made!.code, 0, made!.output);
    await serveAgain();
    const [found] = await asJob(pool, instance, [{ script: "docker image inspect rootfs && docker volume inspect named" }], "finder");
    assert.equal(found!.code, 0, found!.output);
  });
});
