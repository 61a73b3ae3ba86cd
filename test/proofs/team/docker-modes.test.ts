import assert from "node:assert/strict";
import { UNITS } from "../../../contract/actions-runner-pool/host";
import { HOST_PATHS } from "../../../contract/shared/host-paths";
import { HOST_UNITS } from "../../../contract/shared/host-units";
import { TEAM_IMAGE } from "../../../rehearsal/hosts/image-recipe";
import { LivePool } from "../../../rehearsal/scenarios/actions-runner-pool/live-pool";
import { needContainers } from "../../rehearsal/hosts/rig";
import { asJob } from "../hostile/attempts";
import { IMPORT } from "./import-image";

/** Several times the usual duration; a bound on a hang, not a measurement. */
const BOUND_MS = 900_000;
const usual = { minSize: 0, maxSize: 1, desiredCapacity: 1, warmPool: {} };

async function succeeds(pool: LivePool, instance: string, script: string, name: string): Promise<string> {
  const [outcome] = await asJob(pool, instance, [{ script }], name);
  assert.equal(outcome!.code, 0, outcome!.output);
  return outcome!.output.trim();
}

describe("a rootless engine on a volume of its own", function () {
  this.timeout(BOUND_MS);
  let pool: LivePool;
  let instance: string;

  before(async function () {
    needContainers(this);
    const systems = { ...TEAM_IMAGE, features: { containers: true, engineFolder: false } };
    const volumes = [{ mountPoint: "docker", size: 4 }];
    pool = await LivePool.open(1, [], systems, undefined, { ...usual, docker: "rootless", volumes });
    [instance] = pool.inService() as [string];
  });
  after(() => pool?.close());

  it("starts only once the volume is mounted, at each boot, so that its images are there again and not below the mount", async () => {
    assert.match(await pool.sh(instance, `findmnt --noheadings --output SOURCE --mountpoint ${HOST_PATHS.engine}`), /^\/dev\/sdf/);
    const container = `set -e; ${IMPORT}; docker run --rm rootfs true; docker info --format '{{.Driver}}' 2>/dev/null`;
    assert.equal(await succeeds(pool, instance, container, "first"), "overlay2");
    const boot = () => pool.sh(instance, "cat /proc/sys/kernel/random/boot_id");
    const before = await boot();
    await pool.sh(instance, "systemctl reboot --no-block");
    await pool.untilSeen("the machine to boot again", async () => (await boot().catch(() => before)) !== before);
    await pool.untilSeen("the runner to be online again", async () => pool.environment.context.jobs.online().includes(instance));
    await succeeds(pool, instance, "docker image inspect rootfs >/dev/null && docker run --rm rootfs true", "after-reboot");
    const since = async (unit: string) =>
      Number(await pool.sh(instance, `systemctl show ${unit} --property=ActiveEnterTimestampMonotonic --value`));
    assert.ok((await since(HOST_UNITS.storage)) < (await since(HOST_UNITS.docker)), "the engine was started before its volume");
  });
});

describe("root's engine", function () {
  this.timeout(BOUND_MS);
  let pool: LivePool;
  let instance: string;

  before(async function () {
    needContainers(this);
    const systems = { ...TEAM_IMAGE, features: { containers: true } };
    pool = await LivePool.open(1, [], systems, undefined, { ...usual, docker: "root" });
    [instance] = pool.inService() as [string];
  });
  after(() => pool?.close());

  it("is installed at the launch, answers, and the user of the jobs may use it", async () => {
    assert.equal(await pool.sh(instance, "systemctl is-active docker.service"), "active");
    assert.equal(await succeeds(pool, instance, "docker version --format '{{.Server.Os}}'", "asks"), "linux");
    assert.match(await pool.sh(instance, `id -nG "$(systemctl show ${UNITS.runner} --property=User --value)"`), /\bdocker\b/);
  });

  it("runs containers as root of the machine, which is why it is not the default", async () => {
    const script = `set -e; ${IMPORT}; docker run --detach --name own rootfs sleep 4246 >/dev/null
awk '/^Uid:/ { print $2 }' "/proc/$(docker inspect --format '{{.State.Pid}}' own)/status"; docker rm --force own >/dev/null`;
    assert.equal(await succeeds(pool, instance, script, "container"), "0");
  });
});
