import assert from "node:assert/strict";
import { needContainers } from "../../hosts/rig";
import type { PoolFigures } from "../../../../rehearsal/scenarios/actions-runner-pool/pool-figures";
import { BOUND_MS, Rehearsals } from "../rehearsals";
import { assertClean } from "./pool-rehearsals";

const SMALL = ["--stack", "team", "--instances", "2", "--jobs", "6", "--scale-ins", "1"];

describe("the rehearsal of a team's stack", function () {
  this.timeout(BOUND_MS);
  let rehearsals: Rehearsals<PoolFigures>;

  before(() => {
    rehearsals = new Rehearsals();
  });
  after(() => rehearsals.close());

  it("loses no job on simulated hosts, where its decisions are the same although nothing is installed", async () => {
    const figures = assertClean(await rehearsals.run([...SMALL, "--hosts", "simulated"]));
    assert.equal(figures.stack, "team");
    assert.deepEqual([figures.hostLogs, figures.proxied, figures.containers], [undefined, undefined, undefined]);
  });

  it("runs green on real systemd: nothing lost, denied or left over, no container after its job, no log cut off, nothing past the proxy", async function () {
    needContainers(this);
    const ended = await rehearsals.run([...SMALL, "--hosts", "systemd"]);
    const figures = assertClean(ended);
    assert.equal(figures.jobs.succeeded, 6);
    assert.equal(figures.scaleIns.hitBusy, 1, "the drain did not wait for a container");
    assert.deepEqual(figures.containers?.left, []);
    // After a job whose instance then goes, none can be asked.
    assert.ok(figures.containers.checked >= 4, `asked after ${figures.containers.checked} of 6 jobs`);
    const { hostLogs, proxied } = figures;
    assert.ok(hostLogs && hostLogs.drained >= 3, "the scale-in, the refresh and the destroy each drain");
    assert.equal(hostLogs.complete, hostLogs.drained);
    assert.deepEqual(proxied?.astray, []);
    // The archive of the runner, the App's tokens are the functions' own, registration, and the messages of jobs.
    assert.ok(proxied!.hosts.includes("github.com") && proxied!.hosts.includes("api.github.com"), proxied!.hosts.join());
    assert.match(ended.output, /^by the proxy +.*github\.com/m);
    assert.deepEqual(rehearsals.traces(), []);
  });
});
