import assert from "node:assert/strict";
import { LOG } from "../../../contract/actions-runner-pool/host";
import { HOST_PATHS } from "../../../contract/shared/host-paths";
import { TEAM_MACHINES } from "../../../rehearsal/environment/preparation";
import { containersAvailable } from "../../../rehearsal/hosts/systemd";
import { needContainers, needSystemd } from "../../rehearsal/hosts/rig";
import { scaleIn } from "../hostile/attempts";
import { ProxyPool } from "./proxy-pool";

/** Several times the usual duration; a bound on a hang, not a measurement. */
const BOUND_MS = 900_000;

describe("a pool that reaches AWS by its proxy alone, on machines with a real systemd", function () {
  this.timeout(BOUND_MS);
  let pool: ProxyPool;

  before(async function () {
    needSystemd(this);
    const docker = containersAvailable().ok ? "rootless" : "none";
    const config = { awsByProxy: true, hostLogs: { retentionDays: 1 }, docker };
    pool = await ProxyPool.open({ aws: true }, () => config, docker === "none" ? {} : TEAM_MACHINES);
  });
  after(() => pool?.close());

  let instance: string | undefined;
  const launched = async () => {
    const id = await pool.launch();
    await pool.online(id);
    return id;
  };

  it("fails a launch without the proxy, and abandons it once the proxy is back, which that call needs as well", async () => {
    await pool.proxy.set("down");
    const reason = await pool.failedLaunch(
      () => Promise.resolve(),
      () => pool.proxy.set("up"),
    );
    assert.match(reason, /^https:\/\/\S+\.s3\.\S+ could not be downloaded to /);
  });

  it("pulls images for jobs by the proxy, where there is no other way to a registry", async function () {
    needContainers(this);
    instance = await launched();
    const engine = `docker -H unix://${HOST_PATHS.engineSocket}`;
    const { exitCode } = await pool.live.run(instance, `timeout 60 ${engine} pull registry.invalid/none`);
    assert.notEqual(exitCode, 0, "there is no such registry");
    assert.ok(pool.asked().includes("registry.invalid:443"), pool.asked().join());
  });

  it("serves and drains by the proxy, and a heartbeat that fails without it ends nothing", async () => {
    const id = instance ?? (await launched());
    const { github, context } = pool.live.environment;
    const job = pool.live.queueOn(id, { name: "long", seconds: 15 });
    await pool.live.until("its steps to run", () => context.jobs.runningOn(id) === job);
    const gone = scaleIn(pool.live, id);
    await pool.live.until("the drain to begin", () => pool.live.hostLogs(id, LOG.drainBegun).length > 0);
    await pool.proxy.set("down");
    assert.ok(!(await pool.heartbeat(id)), "a heartbeat without the proxy");
    assert.ok(!pool.live.gone(id));
    await pool.proxy.set("up");
    await gone;
    assert.equal(github.job(job).state, "succeeded");
    const asked = pool.asked();
    for (const service of ["autoscaling.", "secretsmanager.", "logs."]) {
      assert.ok(
        asked.some((target) => target.startsWith(service)),
        `${service} is not among ${asked.join()}`,
      );
    }
    const delivered = pool.live.environment.hostLogs?.().get(id) ?? [];
    assert.ok(delivered.some((line) => line.includes(LOG.drainBegun)));
    assert.ok(!asked.some((target) => target.startsWith("169.254.") || target.startsWith("[")), "the metadata by the proxy");
  });
});
