import assert from "node:assert/strict";
import { PATHS } from "../../../contract/actions-runner-pool/host";
import { UNIT_CGROUP } from "../../../host-config/actions-runner-pool/units/runner-unit";
import type { Job } from "../../../rehearsal/github/jobs";
import { needSystemd } from "../../rehearsal/hosts/rig";
import { LivePool } from "../../../rehearsal/scenarios/actions-runner-pool/live-pool";
import { asJob, runnerUid, scaleIn } from "./attempts";

/** Several times the usual duration; a bound on a hang, not a measurement. */
const BOUND_MS = 900_000;
/** Seconds of the job that a successful attempt would cost: longer than a runner's service takes to end. */
const NEXT_SECONDS = 60;

/**
 * Answers the kernel as a FUSE file system that has no files, on file descriptor 3. Without an answer, everyone whom the
 * kernel lets in would wait. Layouts: fuse_in_header, fuse_out_header and fuse_init_out of linux/fuse.h.
 */
const SERVE = `import os
INIT, SILENT, ENOENT = 26, (2, 36, 42), 2
word = lambda value, size=4: value.to_bytes(size, "little", signed=value < 0)
while True:
    request = os.read(3, 1 << 18)
    code, unique = int.from_bytes(request[4:8], "little"), request[8:16]
    if code in SILENT: continue
    body = word(7) + word(31) + word(0) + word(0) + word(0) + word(131072) + word(1) + bytes(36) if code == INIT else b""
    try: os.write(3, word(16 + len(body)) + word(0 if code == INIT else -ENOENT) + unique + body)
    except OSError: pass`;

/**
 * Mounts such a file system over the runner's folder with the options that fusermount3 (setuid root) passes for a user who
 * owns a folder. It is not on the machines' image, so root does here what it would do for the job.
 */
const mountOver = (uid: number) => `[ -c /dev/fuse ] || mknod -m 666 /dev/fuse c 10 229
cat >/tmp/serve.py <<'END'
${SERVE}
END
cat >/tmp/serve.sh <<'END'
exec 3<>/dev/fuse
mount -i -t fuse -o fd=3,rootmode=40000,user_id=${uid},group_id=${uid},nosuid,nodev hostile ${PATHS.runner} || exit
exec python3 /tmp/serve.py
END
systemd-run --quiet --unit=hostile-fuse bash /tmp/serve.sh
until grep -q ' ${PATHS.runner} fuse ' /proc/mounts; do sleep 0.1; systemctl is-active --quiet hostile-fuse || exit; done
entry=$(ls ${PATHS.runner} 2>&1) || case $entry in *"Permission denied"*) exit 0 ;; esac
echo "root may still enter the folder, so this shows nothing: $entry"; grep ${PATHS.runner} /proc/mounts
systemctl status --no-pager hostile-fuse; exit 1`;

/**
 * Has systemd move the runner, its service and its worker into a cgroup of the user's own service manager. The kernel
 * refuses processes in the manager's own cgroup, so they go into one below, which the user may create.
 */
const ATTACH = `loginctl enable-linger "$(id -un)" || exit
export XDG_RUNTIME_DIR=/run/user/$(id -u)
until [ -S $XDG_RUNTIME_DIR/systemd/private ]; do sleep 0.1; done
mkdir -p /sys/fs/cgroup/user.slice/user-$(id -u).slice/user@$(id -u).service/hidden || exit
pids=$(pgrep -u $(id -u) -x 'runsvc.sh|node|MainThread|Runner.Listener|Runner.Worker')
busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager AttachProcessesToUnit ssau \\
  user@$(id -u).service /hidden $(echo $pids | wc -w) $pids`;

describe("a job that hides its runner from the drain", function () {
  this.timeout(BOUND_MS);
  let pool: LivePool;
  const ends: Record<"mounted" | "moved", Promise<void>> = {} as never;

  /** A job that its own runner must be allowed to end. */
  async function nextJob(instance: string, name: string): Promise<Readonly<Job>> {
    const job = pool.environment.github.job(pool.queueOn(instance, { name, seconds: NEXT_SECONDS }));
    // A worker that is still starting reads its program from the folder that this job's predecessor covers.
    const runs = () => pool.events.some((event) => event.kind === "job" && event.job === job.id && event.change === "steps-started");
    await pool.until(`${name} to run`, runs);
    return job;
  }

  async function mounted(instance: string): Promise<void> {
    const job = await nextJob(instance, "next-of-mounter");
    await pool.sh(instance, mountOver(await runnerUid(pool, instance)));
    const gone = scaleIn(pool, instance, 400);
    await pool.until("the drain to begin, behind the mount", () => pool.hostLogs(instance, "drain begun").length > 0, 60);
    // The job needs its folder to end as usual; what the mount could break has happened by now.
    await pool.sh(instance, `umount --lazy ${PATHS.runner}`);
    await gone;
    assert.equal(job.state, "succeeded", `${job.state}: ${job.detail}`);
    const results = pool.hostLogs(instance, "drain ended").map(({ fields }) => fields.result);
    assert.deepEqual(results, ["stopped"]);
  }

  async function moved(instance: string): Promise<void> {
    const [attached] = await asJob(pool, instance, [{ script: ATTACH }], "mover");
    assert.equal(attached!.code, 0, `systemd refused, so this shows nothing: ${attached!.output}`);
    const job = await nextJob(instance, "next-of-mover");
    const where = "for pid in $(pgrep -x 'runsvc.sh|Runner.Listener|Runner.Worker'); do cat /proc/$pid/cgroup; done";
    const cgroups = await pool.sh(instance, where);
    assert.ok(!cgroups.includes(UNIT_CGROUP) && cgroups.split("/hidden").length === 4, `not all three are moved: ${cgroups}`);
    await scaleIn(pool, instance, 400);
    assert.equal(job.state, "succeeded", `${job.state}: ${job.detail}`);
    // The fence does not reach it there, and the drain must not rely on it.
    assert.equal(pool.hostLogs(instance, "fence unavailable, settling instead").length, 1);
    const results = pool.hostLogs(instance, "drain ended").map(({ fields }) => fields.result);
    assert.deepEqual(results, ["stopped"]);
  }

  before(async function () {
    needSystemd(this);
    pool = await LivePool.open(2);
    const [first, second] = pool.inService() as [string, string];
    // In parallel, because each takes minutes; the tests below report which one failed.
    Object.assign(ends, { mounted: mounted(first), moved: moved(second) });
    await Promise.allSettled(Object.values(ends));
  });
  after(() => pool?.close());

  it("cannot keep the stop commands from running by mounting a file system of its user over the runner's folder (FUSE)", () =>
    ends.mounted);

  it("cannot cost the next job by having systemd move the runner out of its unit (AttachProcessesToUnit)", () => ends.moved);

  it("loses no job", () => {
    const lost = pool.events.filter((event) => event.kind === "job" && event.change === "lost");
    assert.deepEqual(lost, []);
  });
});
