import assert from "node:assert/strict";
import { AwsError } from "../../../../rehearsal/aws/api";
import { Cleanup } from "../../../../rehearsal/cleanup";
import { EngineError } from "../../../../rehearsal/engine/result";
import { until } from "../../../../rehearsal/environment/scenario-context";
import { SimulatedHosts } from "../../../../rehearsal/hosts/simulated/hosts";
import { parseOptions } from "../../../../rehearsal/rehearsal-options";
import { openPoolEnvironment, type PoolEnvironment } from "../../../../rehearsal/scenarios/actions-runner-pool/pool-environment";

/** Several times the usual duration. Detects a hang; not a measurement. */
const BOUND_MS = 900_000;
/** Seconds of the virtual clock. */
const WAIT = 600;
const REFUSAL = "We currently do not have sufficient t3.medium capacity in the Availability Zone you requested (us-east-1a).";

/** The group's module, whose class a program finds at each use. */
const groupModule = require("@pulumi/aws/autoscaling/group") as { Group: new (...args: any[]) => object };

/** Deploys as before: the provider waits for capacity, and for nothing else. Returns a function that undoes it. */
function withTheProvidersWait(): () => void {
  const { Group } = groupModule;
  groupModule.Group = class extends Group {
    constructor(name: string, args: object, opts: object) {
      super(name, { ...args, waitForCapacityTimeout: "1200s", ignoreFailedScalingActivities: false }, opts);
    }
  };
  return () => void (groupModule.Group = Group);
}

/** Makes EC2 refuse the next launches. Returns a function that undoes it. */
function refuseLaunches(count: number): () => void {
  const { launch } = SimulatedHosts.prototype;
  let left = count;
  SimulatedHosts.prototype.launch = function (spec) {
    return left-- > 0 ? Promise.reject(new Error(REFUSAL)) : launch.call(this, spec);
  };
  return () => void (SimulatedHosts.prototype.launch = launch);
}

describe("the creation of a pool", function () {
  this.timeout(BOUND_MS);
  let cleanup: Cleanup;
  let environment: PoolEnvironment;

  const view = () => {
    const { autoscaling } = environment.aws;
    return autoscaling.group(autoscaling.groupNames()[0]!)!;
  };
  const up = (change?: Record<string, unknown>) =>
    (change ? environment.context.engine.reconfigure(change) : Promise.resolve()).then(() => environment.context.engine.up());
  const failureOf = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof EngineError, `it succeeded, or failed otherwise: ${String(error)}`);
    return error.message;
  };

  beforeEach(async () => {
    cleanup = new Cleanup();
    const options = parseOptions(["--hosts", "simulated", "--instances", "2"]);
    environment = await openPoolEnvironment({ options: options!, hosts: "simulated", say: () => undefined, cleanup });
  });
  afterEach(() => cleanup.run());

  it("survives a launch that EC2 refuses: it ends in service, with metrics and warm pool, and no later change waits", async () => {
    cleanup.add(refuseLaunches(1));
    const { context } = environment;
    await up();
    assert.ok(context.group.inService().length >= 1, "the deployment did not wait for an instance in service");
    assert.equal(view().config.enabledMetrics?.length, 6);
    assert.ok(view().config.warmPool, "the pool has no warm pool");

    await until(context, "2 instances in service", WAIT, () => context.group.inService().length === 2);
    await context.group.setDesiredCapacity(3);
    await until(context, "3 instances in service", WAIT, () => context.group.inService().length === 3);
    const before = context.clock.now();
    await up({ minSize: 2 });
    assert.equal(view().config.minSize, 2);
    assert.equal(view().desired, 3);
    assert.ok(context.clock.now() - before < 60_000, "the update waited");

    // The control: the provider would wait for the capacity that the state has from the last update.
    await context.group.setDesiredCapacity(4);
    await until(context, "4 instances in service", WAIT, () => context.group.inService().length === 4);
    cleanup.add(withTheProvidersWait());
    const message = await failureOf(up({ minSize: 1 }));
    assert.match(message, /want exactly 3 healthy instance\(s\) in Auto Scaling Group, have 4/, "the control does not fail");
  });

  it("without these settings ends with the first refused launch, and leaves neither metrics nor warm pool", async () => {
    cleanup.add(refuseLaunches(1));
    cleanup.add(withTheProvidersWait());
    assert.ok((await failureOf(up())).includes(REFUSAL));
    assert.equal(view().config.warmPool, undefined);
    assert.equal(view().config.enabledMetrics?.length ?? 0, 0);
  });

  it("fails with the reason of a launch that its host abandoned, and the next deployment is green without a wait", async () => {
    const refused = new AwsError("InternalServiceError", "An error occurred on the server side.", 500);
    const heal = environment.aws.gateway.faults.inject({ action: "secretsmanager:CreateSecret", error: refused });
    const message = await failureOf(up({ launchTimeout: 60 }));
    const pattern =
      /The pool (\S+) was created, but is not in service after 360 s \(launchTimeout 60 s and 300 s\): 0 of 1 in service.*; failed launches: (\d+), the last \d+ s ago \((i-[0-9a-f]{17})\): Instance failed to complete user's Lifecycle Action.*get-console-output --latest --output text --instance-id \3\./s;
    const found = pattern.exec(message);
    assert.ok(found, message);
    assert.ok(Number(found[2]) > 1, "one failed launch ended the wait");
    assert.ok(view().config.warmPool && view().config.enabledMetrics?.length === 6, "the failure left something undone");

    const before = environment.context.clock.now();
    await up();
    assert.ok(environment.context.clock.now() - before < 10_000, "the second deployment waited");
    heal();
    await until(environment.context, "an instance in service", WAIT, () => environment.context.group.inService().length > 0);
  });
});
