import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { poolNames, sharedTokenName } from "../../../contract/actions-runner-pool/names";
import { sha256 } from "../../../components/shared/sha256";
import type { Manifest } from "../../../components/shared/package-layout";
import { PROJECT } from "../../../rehearsal/environment/environment";
import { TargetInstance } from "../faults/systemd/target";
import { needSystemd } from "../../rehearsal/hosts/rig";
import { LivePool } from "../../../rehearsal/scenarios/actions-runner-pool/live-pool";
import { checkOutPrevious, PREVIOUS } from "./previous";

/** Several times the usual duration; a bound on a hang, not a measurement. */
const BOUND_MS = 900_000;
const FUNCTION = "aws:lambda/function:Function";
const FUNCTIONS = ["register", "deregister", "sweep"];

/**
 * A promotion deploys new functions while hosts of the old bundle still finish their jobs; a rollback does the reverse.
 * Each is one `up` here, with a job in flight on every host.
 */
describe(`hosts and functions of ${PREVIOUS.release} and this release, mixed by an upgrade and its rollback`, function () {
  this.timeout(BOUND_MS);
  let previous: ReturnType<typeof checkOutPrevious>;
  let pool: LivePool;

  before(async function () {
    needSystemd(this);
    previous = checkOutPrevious();
    pool = await LivePool.open(2, [], {}, previous.folder);
  });
  after(async () => {
    await pool?.close();
    previous?.close();
  });

  const manifest = (folder: string): Manifest => JSON.parse(readFileSync(join(folder, "dist/manifest.json"), "utf8"));
  /** Digest of the pool's bundle; up to v0.2.0 there was only one, under a separate key. */
  const hostBundle = (folder: string): string => {
    const found = manifest(folder) as Partial<Manifest> & { hostBundle?: { sha256: string } };
    return (found.hostBundles?.["actions-runner-pool"] ?? found.hostBundle)!.sha256;
  };
  /** Of a pool without demand, which both releases can deploy; up to v0.2.0 the keys had no component. */
  const functionsOf = (folder: string) =>
    new Set(
      Object.entries(manifest(folder).functions)
        .filter(([key]) => FUNCTIONS.includes(key.split("/").at(-1)!))
        .map(([, { sha256 }]) => sha256),
    );
  const deployedFunctions = () =>
    new Set(pool.environment.aws.store.list(FUNCTION).map(({ state }) => sha256(readFileSync(join(state.codeDir as string, "index.mjs")))));
  /** Digest of the bundle that a host installed, as its user data names it. */
  const bundleOf = async (instance: string) =>
    (await pool.sh(instance, "grep -oE '^bundle_sha256=.[0-9a-f]{64}' /var/lib/cloud/instance/user-data.txt")).slice(-64);
  const bundlesInService = async () => {
    const instances = pool.inService();
    return { instances, bundles: await Promise.all(instances.map(bundleOf)) };
  };

  /** Deploys `to` while hosts run `from`, each with a job, and replaces all of these hosts. */
  async function change(from: string, to: string): Promise<void> {
    const { environment } = pool;
    const hosts = pool.inService().map((id) => new TargetInstance(pool, id));
    assert.equal(hosts.length, 2);
    const jobs = await Promise.all(hosts.map((host) => host.hold()));
    assert.deepEqual(deployedFunctions(), functionsOf(from));

    await environment.deployFrom(to);
    await environment.context.engine.up();
    assert.deepEqual(deployedFunctions(), functionsOf(to));
    for (const host of hosts) assert.equal(await bundleOf(host.id), hostBundle(from), "not mixed: the host already runs the new bundle");

    // One host is terminated by a scale-in during its job, the other by the refresh that the new launch template started.
    const [scaledIn, refreshed] = hosts as [TargetInstance, TargetInstance];
    await scaledIn.scaleIn();
    for (const job of jobs) assert.ok(!job.changes().includes("steps-ended"), "a job was interrupted");
    await jobs[0]!.release();
    await scaledIn.departs(jobs[0]!);
    await jobs[1]!.release();
    await refreshed.departs(jobs[1]!);

    // The functions of one release clean up after hosts of the other.
    for (const { id } of hosts) {
      await pool.until(`no runner ${id} at GitHub`, () => !environment.github.runners().some(({ name }) => name === id));
      await pool.until(`no secret of ${id}`, () => !environment.aws.secrets.names().some((name) => name.endsWith(`/${id}`)));
    }
    await environment.context.group.setDesiredCapacity(2);
    await pool.untilSeen(
      "two new hosts",
      async () => {
        const { instances, bundles } = await bundlesInService();
        const online = environment.context.jobs.online();
        return instances.length === 2 && bundles.every((sha) => sha === hostBundle(to)) && instances.every((id) => online.includes(id));
      },
      300,
    );
  }

  it("differ in every bundle, so that the tests below mix releases", () => {
    assert.notEqual(hostBundle(previous.folder), hostBundle(PROJECT));
    for (const digest of functionsOf(previous.folder)) assert.ok(!functionsOf(PROJECT).has(digest));
  });

  it("lose no job in an upgrade: hosts of the previous release drain beside this release's functions", () =>
    change(previous.folder, PROJECT));

  it("lose no job in a rollback: hosts of this release drain beside the previous release's functions", () =>
    change(PROJECT, previous.folder));

  it("leave nothing but the token's secret, which v0.2.0 does not know, and are denied no call", async () => {
    await pool.environment.context.engine.destroy();
    const { secretPrefix } = poolNames("ci-runners-dev-runners");
    assert.deepEqual(pool.environment.leftovers(), [`secret ${sharedTokenName(secretPrefix)}`]);
    assert.deepEqual(pool.environment.aws.denied(), []);
    assert.deepEqual(pool.environment.aws.defects, []);
    const ends = pool.events.flatMap((event) =>
      event.kind === "job" && ["succeeded", "failed", "lost"].includes(event.change) ? [event.change] : [],
    );
    assert.deepEqual(ends, ["succeeded", "succeeded", "succeeded", "succeeded"]);
  });
});
