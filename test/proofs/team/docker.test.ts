import assert from "node:assert/strict";
import { PATHS, UNITS } from "../../../contract/actions-runner-pool/host";
import { HOST_PATHS } from "../../../contract/shared/host-paths";
import { HOST_UNITS } from "../../../contract/shared/host-units";
import { TEAM_MACHINES } from "../../../rehearsal/environment/preparation";
import { ended, type Job } from "../../../rehearsal/github/jobs";
import { containerCommand, watchContainers } from "../../../rehearsal/scenarios/actions-runner-pool/job-containers";
import { LivePool } from "../../../rehearsal/scenarios/actions-runner-pool/live-pool";
import { needContainers } from "../../rehearsal/hosts/rig";
import { asJob, scaleIn } from "../hostile/attempts";
import { IMPORT } from "./import-image";
import { PreparationRun } from "./preparation-run";

/** Several times the usual duration; a bound on a hang, not a measurement. */
const BOUND_MS = 900_000;

describe("a team's jobs with a rootless engine", function () {
  this.timeout(BOUND_MS);
  let pool: LivePool;
  let instance: string;

  before(async function () {
    needContainers(this);
    const config = { minSize: 0, maxSize: 1, desiredCapacity: 1, docker: "rootless", setupScript: "#!/bin/sh\ndocker version\n" };
    pool = await LivePool.open(1, [], TEAM_MACHINES, undefined, config);
    [instance] = pool.inService() as [string];
  });
  after(() => pool?.close());

  /** As the job's user, outside of any job. */
  const asUser = (script: string) =>
    pool.sh(
      instance,
      `cd / && runuser -u "$(systemctl show ${UNITS.runner} --property=User --value)" -- env DOCKER_HOST=unix://${HOST_PATHS.engineSocket} bash -ec "$(echo ${Buffer.from(script).toString("base64")} | base64 -d)"`,
    );
  const succeeds = async (script: string, name: string) => {
    const [outcome] = await asJob(pool, instance, [{ script }], name);
    assert.equal(outcome!.code, 0, outcome!.output);
    return outcome!.output;
  };
  const runs = async (command: string) => (await pool.run(instance, `pgrep -x -f '${command}'`)).exitCode === 0;
  const online = () => pool.until("the runner to be online again", () => pool.environment.context.jobs.online().includes(instance));
  const started = (job: Readonly<Job>) =>
    pool.until("its steps to start", () =>
      pool.events.some((event) => event.kind === "job" && event.job === job.id && event.change === "steps-started"),
    );

  it("run a container of an imported root file system, which is the job's user on the host", async () => {
    const output = await succeeds(
      `set -e; ${IMPORT}
docker run --detach --name own rootfs sleep 300 >/dev/null
pid=$(docker inspect --format '{{.State.Pid}}' own)
echo "inside $(docker exec own id -u), outside $(awk '/^Uid:/ { print $2 }' /proc/$pid/status), user $(id -u)"
cat /proc/$pid/cgroup`,
      "first",
    );
    const [, inside, outside, user] = /inside (\d+), outside (\d+), user (\d+)/.exec(output) ?? assert.fail(output);
    assert.deepEqual([inside, outside], ["0", user]);
    assert.match(
      output,
      new RegExp(`^0::/system.slice/${HOST_UNITS.docker}$`, "m"),
      "the filter of addresses is that of the engine's unit",
    );
  });

  it("reach the engine where the official runner expects it, which mounts its socket into the containers of a job", async () => {
    await succeeds(
      `set -e; ${IMPORT}
env -u DOCKER_HOST docker version >/dev/null
docker run --rm --volume /var/run/docker.sock:/var/run/docker.sock rootfs test -S /var/run/docker.sock`,
      "socket",
    );
  });

  it("leave no network, also without a container: its name and its addresses would be taken", async () => {
    await succeeds("docker network create alone", "network");
    await succeeds("! docker network inspect alone", "no-network");
  });

  it("leave no container running when they end, also one that was to be restarted, and no network: the next job finds none", async () => {
    await succeeds(
      `set -e; ${IMPORT}
docker network create left
docker run --detach --restart=always --network left rootfs sleep 4241
docker run --detach rootfs sleep 4242; docker create rootfs true`,
      "leaver",
    );
    for (const command of ["sleep 4241", "sleep 4242"]) assert.equal(await runs(command), false, `${command} outlives its job`);
    const next = `[ -z "$(docker ps --all --quiet)" ] && ! docker network inspect left && docker image inspect rootfs`;
    await succeeds(next, "next");
  });

  it("find an engine without containers after a restart of the runner, also if one was to be restarted", async () => {
    await asUser(`${IMPORT}; docker run --detach --restart=always rootfs sleep 4243`);
    assert.equal(await runs("sleep 4243"), true, "it must run, or the test shows nothing");
    const before = pool.hostLogs(instance, "engine settled").length;
    // As a crash: systemd stops nothing, it only starts the runner again.
    await pool.sh(instance, `pkill -KILL -x Runner.Listener; systemctl kill --kill-who=main --signal=SIGKILL ${UNITS.runner}`);
    const { github } = pool.environment;
    // Otherwise GitHub keeps the dead listener's session for a minute or two, and the new listener waits for it.
    github.protocol.expireSession(github.runners().find(({ name }) => name === instance)!.id);
    await pool.until("the engine to be settled", () => pool.hostLogs(instance, "engine settled").length > before);
    await online();
    assert.equal(await runs("sleep 4243"), false, "a container of an earlier job runs beside the next one");
    await succeeds('[ -z "$(docker ps --all --quiet)" ]', "after-restart");
    assert.match(await pool.sh(instance, `journalctl --unit ${HOST_UNITS.docker} --output cat`), /containers outlived their job/);
  });

  it("keep their container when the runner's service crashes, and starts again", async () => {
    const run = `set -e; ${IMPORT}; docker run --rm rootfs sleep 15`;
    const job = pool.environment.github.job(pool.queueOn(instance, { name: "crash", steps: [{ name: "container", run }] }));
    await pool.untilSeen("its container to run", () => runs("sleep 15"), 120);
    await pool.sh(instance, `systemctl kill --kill-who=main --signal=SIGKILL ${UNITS.runner}`);
    await pool.until("the job to end", () => ended(job), 180);
    assert.equal(job.state, "succeeded", job.detail);
    await online();
  });

  it("fail alone when the engine is killed under one of them: the next one has an engine again", async () => {
    const run = `set -e; ${IMPORT}; docker run --rm rootfs sleep 4244`;
    const job = pool.environment.github.job(pool.queueOn(instance, { name: "under-kill", steps: [{ name: "container", run }] }));
    await pool.untilSeen("its container to run", () => runs("sleep 4244"), 120);
    await pool.sh(instance, `systemctl kill --signal=SIGKILL ${HOST_UNITS.docker}`);
    await pool.until("the job to end", () => ended(job), 120);
    assert.equal(job.state, "failed");
    await pool.untilSeen(
      "the engine to answer",
      async () => (await pool.run(instance, `test -S ${HOST_PATHS.engineSocket}`)).exitCode === 0,
      60,
    );
    await succeeds(
      `for n in $(seq 50); do docker info >/dev/null 2>&1 && break; sleep 0.2; done; ${IMPORT}; docker run --rm rootfs true`,
      "next-engine",
    );
  });

  it("are not taken while the engine does not start, and are once it does", async () => {
    await pool.sh(
      instance,
      `cp ${HOST_PATHS.engineConfig} /root/engine.json; echo '{' >${HOST_PATHS.engineConfig}; systemctl restart --no-block ${UNITS.runner}`,
    );
    const refusal = () =>
      pool.events.some((event) => event.kind === "host-log" && JSON.stringify(event).includes(`(${HOST_UNITS.docker}) does not answer`));
    // The listener that is about to stop might still take it.
    await pool.untilSeen("the listener to be gone", async () => (await pool.run(instance, "pgrep -x Runner.Listener")).exitCode === 1, 60);
    const job = pool.environment.github.job(pool.queueOn(instance, { name: "waits", seconds: 1 }));
    await pool.until("the start of the runner to fail", refusal, 150);
    assert.equal(job.state, "queued");
    await pool.sh(instance, `mv /root/engine.json ${HOST_PATHS.engineConfig}`);
    await pool.until("the job to end", () => ended(job), 150);
    assert.equal(job.state, "succeeded");
  });

  const prepare = async (script: string) => (await PreparationRun.start(pool, instance, { setupTimeout: 300 }, script)).ended();
  const configured = (text: string) => `#!/bin/bash -ex
echo '${text}' >${HOST_PATHS.engineConfig}
systemctl restart runner-docker${text === "{" ? " || true" : ""}
`;

  it("find the engine with the configuration and the images of a setup script, but without its containers, which would cost the first start all images", async () => {
    const script = `${configured('{"registry-mirrors":["https://mirror.example"]}')}${IMPORT}\ndocker create --name forgotten rootfs true\n`;
    const { code, progress, reason } = await prepare(script);
    assert.equal(code, 0, `${progress}${reason}`);
    assert.match(progress, /docker: Removing the containers that the setup script has left\./);
    const found = await asUser(
      "docker info --format '{{.RegistryConfig.Mirrors}}'; docker ps --all --quiet; docker image inspect rootfs >/dev/null",
    );
    assert.equal(found, "[https://mirror.example/]");
  });

  it("are promised by no machine whose setup script has broken the engine: it would be in service without taking one", async () => {
    const { code, reason } = await prepare(configured("{"));
    assert.equal(code, 1, reason);
    assert.match(reason, /^docker: the engine did not answer within 60 s: .*docker\.json: unexpected/);
    await pool.sh(instance, `echo '{}' >${HOST_PATHS.engineConfig}`);
    const answered = async () => (await pool.run(instance, `docker -H unix://${HOST_PATHS.engineSocket} version`)).exitCode === 0;
    await pool.untilSeen("the engine to answer", answered, 60);
  });

  it("run without control groups of their own, so that limits on memory and processors are none", async () => {
    assert.match(await succeeds("docker info --format 'driver {{.CgroupDriver}}' 2>/dev/null", "limits"), /^driver none$/m);
  });

  it("would be found by the rehearsal if they left a container, which the hook alone prevents", async () => {
    const { jobCompletedHook: hook } = PATHS;
    // As if the end of the hook removed nothing: the question for containers has no answer that names any.
    await pool.sh(instance, `cp -p ${hook} /root/hook; sed -i "s/== '\\[{'\\*/== none/" ${hook}; ! cmp -s ${hook} /root/hook`);
    const watched = watchContainers(pool.environment);
    const run = async (name: string) => {
      const job = pool.environment.github.job(
        pool.queueOn(instance, { name, steps: [{ name: "container", run: containerCommand({ name, seconds: 1 }) }] }),
      );
      await pool.until("the job to end", () => ended(job), 120);
      assert.equal(job.state, "succeeded", job.detail);
    };
    await run("without-hook");
    await pool.sh(instance, `cp -p /root/hook ${hook}`);
    await run("with-hook");
    assert.deepEqual(await watched(), { checked: 2, left: [`without-hook on ${instance}`] });
  });

  it("are waited for by the drain while their container runs, which ends with the instance", async () => {
    const run = `set -e; ${IMPORT}; docker run --rm rootfs sleep 25; docker run --detach rootfs sleep 4245`;
    const job = pool.environment.github.job(pool.queueOn(instance, { name: "drained", steps: [{ name: "container", run }] }));
    await started(job);
    await pool.untilSeen("its container to run", () => runs("sleep 25"), 60);
    const gone = scaleIn(pool, instance);
    await pool.until("the drain to begin", () => pool.hostLogs(instance, "drain begun").length > 0, 60);
    assert.ok(!ended(job), "the drain must begin during the job, or the test shows nothing");
    await gone;
    assert.equal(job.state, "succeeded", job.detail);
    assert.equal(pool.hostLogs(instance, "drain gave up: maxDrain reached").length, 0);
  });
});
