import assert from "node:assert/strict";
import { LivePool } from "../../../../rehearsal/scenarios/actions-runner-pool/live-pool";
import { needSystemd } from "../../../rehearsal/hosts/rig";
import { fault } from "../support/fault-table";
import { AGENT } from "./agent";
import { CLOCK } from "./clock";
import { CLOUD } from "./cloud";
import { HOST } from "./host";
import { SIZE } from "./instances";
import { JOBS } from "./jobs";
import { LISTENER } from "./listener";
import { SERVICES } from "./services";
import { OUT_OF_SERVICE } from "./out-of-service";
import { startAll, type Scenario } from "./scenario";

/** Several times the usual duration; a bound on a hang, not a measurement. */
const BOUND_MS = 2_400_000;

/** FAULTS_ONLY is a regular expression that selects faults by name, for work on some of them. */
const ONLY = new RegExp(process.env.FAULTS_ONLY ?? "");
const ALL: readonly Scenario[] = [AGENT, SERVICES, LISTENER, HOST, OUT_OF_SERVICE, CLOCK, JOBS, CLOUD].flat();
const SCENARIOS = ALL.filter((scenario) => ONLY.test(scenario.fault));

describe("faults on machines with a real systemd", function () {
  this.timeout(BOUND_MS);
  let pool: LivePool | undefined;
  let outcomes: Map<Scenario, Promise<string[]>>;

  before(async function () {
    needSystemd(this);
    pool = await LivePool.open(
      Math.min(
        SIZE,
        SCENARIOS.reduce((sum, { instances }) => sum + instances, 0),
      ),
    );
    outcomes = startAll(pool, SCENARIOS);
  });
  after(() => pool?.close());

  for (const scenario of SCENARIOS) {
    fault({ ...scenario, where: "systemd" }, async (see) => {
      for (const fact of await outcomes.get(scenario)!) see(fact);
    });
  }

  it("cause no defect in the stand-ins and no denied call", () => {
    assert.deepEqual(pool!.environment.aws.defects, []);
    assert.deepEqual(pool!.environment.aws.denied(), []);
  });
});
