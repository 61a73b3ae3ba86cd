import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemoryStore } from "../../../rehearsal/aws/store";
import type { AutoScalingOptions } from "../../../rehearsal/aws/autoscaling";
import { ProviderBackend } from "../../../rehearsal/provider/backend";
import { IncompleteError } from "../../../rehearsal/provider/resource-type";
import type { Properties } from "../../../rehearsal/provider/values";
import { LAUNCH_HOOK, OPERATOR, Rig, template, TERMINATE_HOOK } from "../aws/autoscaling/rig";

const URN = "urn:pulumi:test::tiny::aws:autoscaling/group:Group::pool";
const HOOKS = [LAUNCH_HOOK, TERMINATE_HOOK].map(({ transition, ...hook }) => ({ ...hook, lifecycleTransition: transition }));
const METRICS = ["GroupDesiredCapacity", "GroupInServiceInstances"];
const MINUTE = 60;

/** The provider in front of Auto Scaling, on a virtual clock. */
class ProviderRig extends Rig {
  readonly calls: string[] = [];
  readonly backend: ProviderBackend;
  private inputs: Properties = {};
  private state: Properties = {};
  private incomplete = false;

  constructor(filesDir: string, options: Partial<AutoScalingOptions> = {}) {
    super({ resolver: { template: ({ version }) => template(version), zoneOf: () => "eu-central-1a" }, ...options });
    const call = (operation: string, params: Properties) => {
      if (!operation.startsWith("Describe")) this.calls.push(operation);
      return this.scaling.execute(operation, params, OPERATOR);
    };
    const { clock } = this;
    this.backend = new ProviderBackend({
      store: new MemoryStore(),
      autoscaling: { call },
      filesDir,
      sleep: (ms) => clock.sleep(ms),
      now: () => clock.now(),
    });
  }

  /**
   * As the engine does: creates the group, or updates it if the provider sees a difference or the last step failed.
   * Keeps an incomplete state.
   */
  async up(changes: Properties = {}): Promise<string[]> {
    const news = { ...BASE, ...changes };
    const first = Object.keys(this.state).length === 0;
    const oldInputs = this.inputs;
    this.calls.length = 0;
    this.inputs = news;
    try {
      const call = { urn: URN, id: "pool", news, olds: this.state, oldInputs };
      if (first) this.state = (await this.backend.create(call)).outputs;
      else if (this.incomplete || this.backend.diff(call).changes.length > 0) this.state = (await this.backend.update(call)).outputs;
      this.incomplete = false;
    } catch (error) {
      if (error instanceof IncompleteError) [this.state, this.incomplete] = [error.outputs, true];
      throw error;
    }
    return [...this.calls];
  }

  async refresh(): Promise<void> {
    const { outputs, inputs } = await this.backend.read({ urn: URN, id: "pool", olds: this.state, oldInputs: this.inputs });
    [this.state, this.inputs] = [outputs, inputs];
  }

  destroy(timeoutSeconds: number): Promise<void> {
    return this.backend.delete({ urn: URN, id: "pool", olds: this.state, timeoutSeconds });
  }
}

const BASE: Properties = {
  name: "pool",
  minSize: 1,
  maxSize: 4,
  launchTemplate: { id: "lt-0123456789abcdef0", version: "1" },
  vpcZoneIdentifiers: ["subnet-a"],
};

describe("the provider's Auto Scaling group", () => {
  const filesDir = mkdtempSync(join(tmpdir(), "ci-runners-"));
  const rigWith = (options: Partial<AutoScalingOptions> = {}) => new ProviderRig(filesDir, options);
  after(() => rmSync(filesDir, { recursive: true, force: true }));

  describe("at creation", () => {
    const complete = { initialLifecycleHooks: HOOKS, enabledMetrics: METRICS, suspendedProcesses: ["AZRebalance"], warmPool: {} };

    it("waits for the capacity before suspended processes, metrics and warm pool, in this order [A13.1]", async () => {
      const rig = rigWith();
      const up = rig.up(complete);
      await rig.advance(5);
      const before = [...rig.calls];
      await rig.complete(rig.one("Pending:Wait"), "launch");
      const all = await up;
      assert.deepEqual(before, ["CreateAutoScalingGroup", "PutLifecycleHook", "PutLifecycleHook", "UpdateAutoScalingGroup"]);
      assert.deepEqual(all.slice(before.length), ["SuspendProcesses", "EnableMetricsCollection", "PutWarmPool"]);
    });

    it("leaves the warm pool undone for ever when the wait fails, since the state says that it is done [A13.1]", async () => {
      const rig = rigWith();
      const failed = assert.rejects(rig.up({ ...complete, waitForCapacityTimeout: "60s" }), /want at least 1 .* have 0/);
      await rig.advance(90);
      await failed;
      assert.deepEqual(await rig.up({ ...complete, waitForCapacityTimeout: "60s" }), [], "the next update healed it");
      assert.equal(rig.scaling.group("pool")!.config.warmPool, undefined);
      await rig.refresh();
      assert.deepEqual((await rig.up({ ...complete, waitForCapacityTimeout: "60s" })).slice(-3), [
        "PutWarmPool",
        "EnableMetricsCollection",
        "SuspendProcesses",
      ]);
      assert.deepEqual(rig.scaling.group("pool")!.config.enabledMetrics, METRICS);
      await rig.refresh();
      assert.deepEqual(await rig.up({ ...complete, waitForCapacityTimeout: "60s" }), []);
    });

    it("leaves no value that AWS chose in the state when the wait fails [A13.7]", async () => {
      const rig = rigWith();
      rig.hosts.failingLaunches = 1;
      const failed = rig.up().then(
        () => assert.fail("the creation succeeded"),
        (error: unknown) => error,
      );
      await rig.advance(5);
      const error = await failed;
      assert.ok(error instanceof IncompleteError);
      const { region, ...outputs } = error.outputs;
      assert.deepEqual(outputs, BASE);
      assert.equal(region, "eu-central-1");
      await rig.refresh();
      assert.deepEqual(await rig.up(), []);
    });

    const retaining = { instanceLifecyclePolicy: { retentionTriggers: { terminateHookAbandon: "retain" } } };
    for (const [sdk, policy] of Object.entries({ "7.39": retaining, "before 7.39, which drops the policy without an error": {} })) {
      const retains = policy === retaining;
      it(`gives a group that ${retains ? "retains" : "terminates"} on ABANDON with @pulumi/aws ${sdk} [A13.8]`, async () => {
        const rig = rigWith();
        await rig.up({ initialLifecycleHooks: HOOKS.slice(1), ...policy });
        const id = rig.one("InService");
        await rig.call("TerminateInstanceInAutoScalingGroup", { InstanceId: id, ShouldDecrementDesiredCapacity: false });
        await rig.advance(5);
        await rig.complete(id, "terminate", "ABANDON");
        await rig.advance(60);
        assert.equal(rig.stateOf(id), retains ? "Terminating:Retained" : undefined);
        assert.equal(rig.hosts.of(id).includes("terminate"), !retains);
      });
    }

    it("ends with an error at the first launch that fails, although the next one would succeed [A13.2]", async () => {
      const rig = rigWith();
      rig.hosts.failingLaunches = 1;
      const failed = assert.rejects(rig.up(), (error: Error) => {
        assert.match(
          error.message,
          /^waiting for Auto Scaling Group \(pool\) capacity satisfied: scaling activity \(\S+\): Failed: no capacity$/,
        );
        return true;
      });
      await rig.advance(5);
      await failed;
      await rig.advance(MINUTE);
      assert.equal(rig.inState("InService").length, 1);
    });

    it("survives a failed launch with ignoreFailedScalingActivities [A13.2]", async () => {
      const rig = rigWith();
      rig.hosts.failingLaunches = 1;
      const up = rig.up({ ignoreFailedScalingActivities: true });
      await rig.advance(MINUTE);
      await up;
    });

    it("survives a launch that a hook abandoned, because that activity is Cancelled [A3.27, A13.2]", async () => {
      const rig = rigWith();
      const up = rig.up({ initialLifecycleHooks: HOOKS });
      await rig.advance(5);
      const first = rig.one("Pending:Wait");
      await rig.complete(first, "launch", "ABANDON");
      await rig.advance(5);
      await rig.complete(first, "terminate");
      await rig.advance(30);
      await rig.complete(rig.one("Pending:Wait"), "launch");
      await rig.advance(5);
      await up;
    });
  });

  describe("at an update", () => {
    it("never reaches the capacity of a changed minimum size once scaling has moved the group [A13.3]", async () => {
      const rig = rigWith();
      await rig.up();
      await rig.desire(4);
      await rig.advance(5);
      const failed = assert.rejects(rig.up({ minSize: 2 }), /timeout after 600 s: want exactly 2 healthy .* have 4$/);
      await rig.advance(11 * MINUTE);
      await failed;
      assert.equal(rig.scaling.group("pool")!.config.minSize, 2);
      assert.deepEqual(await rig.up({ minSize: 2 }), [], "the state holds the new size");
    });

    it("knows no live capacity after an update that failed, so a further change waits for the wrong number again [A13.3, A13.7]", async () => {
      const rig = rigWith();
      await rig.up();
      await rig.desire(4);
      await rig.advance(5);
      for (const minSize of [2, 3]) {
        const failed = assert.rejects(rig.up({ minSize }), new RegExp(`want exactly ${minSize} healthy .* have 4$`));
        await rig.advance(11 * MINUTE);
        await failed;
      }
      await rig.refresh();
      assert.deepEqual(await rig.up({ minSize: 2 }), ["UpdateAutoScalingGroup"], "a refresh reads the live capacity");
    });

    it("waits for the desired capacity that the state knows, not for the minimum, and not at all with a timeout of 0 [A13.3]", async () => {
      const rig = rigWith();
      await rig.up({ desiredCapacity: 3 });
      assert.deepEqual(await rig.up({ desiredCapacity: 3, minSize: 2 }), ["UpdateAutoScalingGroup"]);
      await rig.desire(4);
      const given = { desiredCapacity: 3, waitForCapacityTimeout: "0" };
      assert.deepEqual(await rig.up({ ...given, minSize: 1 }), ["UpdateAutoScalingGroup"]);
    });

    it("never sets a desired capacity that the program ignores or leaves to scaling", async () => {
      const rig = rigWith();
      await rig.up();
      await rig.desire(3);
      await rig.advance(5);
      await rig.up({ maxSize: 5 });
      assert.equal(rig.scaling.group("pool")!.desired, 3);
      const call = { urn: URN, id: "pool", oldInputs: {}, ignoreChanges: ["desiredCapacity"] };
      const olds = { ...BASE, desiredCapacity: 3 };
      await rig.backend.update({ ...call, olds, news: { ...BASE, maxSize: 6, desiredCapacity: 1 } });
      assert.equal(rig.scaling.group("pool")!.desired, 3);
    });

    for (const setting of ["forceDelete", "forceDeleteWarmPool", undefined]) {
      const force = setting !== undefined;
      it(`removes a warm pool ${force ? `without its members' hooks, given ${setting}` : "only after its members' hooks"} [A13.9, A3.13]`, async () => {
        const rig = rigWith();
        const given = { initialLifecycleHooks: HOOKS.slice(1), maxSize: 2, ...(setting && { [setting]: true }) };
        await rig.up({ ...given, warmPool: {} });
        await rig.advance(30);
        const warm = rig.one("Warmed:Stopped");
        const update = rig.up(given);
        await rig.advance(30);
        assert.equal(rig.stateOf(warm), force ? undefined : "Warmed:Terminating:Wait");
        if (!force) await rig.complete(warm, "terminate");
        await rig.advance(30);
        const calls = await update;
        assert.deepEqual(calls, force ? ["DeleteWarmPool"] : ["PutWarmPool", "DeleteWarmPool"]);
      });
    }

    it("changes metrics by calls of their own, and applies no change of initial hooks [A13.6]", async () => {
      const rig = rigWith();
      await rig.up({ enabledMetrics: METRICS });
      const more = [METRICS[0], "GroupTotalInstances"];
      assert.deepEqual(await rig.up({ enabledMetrics: more }), ["DisableMetricsCollection", "EnableMetricsCollection"]);
      assert.deepEqual(rig.scaling.group("pool")!.config.enabledMetrics, more);
      assert.deepEqual(await rig.up({ enabledMetrics: more, initialLifecycleHooks: HOOKS }), ["UpdateAutoScalingGroup"]);
      assert.deepEqual(rig.scaling.group("pool")!.hooks, []);
    });

    for (const autoRollback of [undefined, false, true]) {
      const named = autoRollback === true;
      it(`starts a refresh ${named ? "with" : "without"} a desired configuration, given autoRollback ${autoRollback} [A13.11]`, async () => {
        const rig = rigWith();
        const given = { instanceRefresh: { strategy: "Rolling", preferences: { minHealthyPercentage: 0, autoRollback } } };
        await rig.up(given);
        await rig.up({ ...given, launchTemplate: { ...BASE.launchTemplate, version: "2" } });
        const [started] = (await rig.call("DescribeInstanceRefreshes")).InstanceRefreshes as any[];
        assert.equal(started.DesiredConfiguration?.LaunchTemplate.Version, named ? "2" : undefined);
      });
    }

    describe("with a new template during an instance refresh", () => {
      const refreshed = {
        initialLifecycleHooks: HOOKS.slice(1),
        instanceRefresh: { strategy: "Rolling", preferences: { minHealthyPercentage: 0 } },
      };
      const version = (number: number) => ({
        ...refreshed,
        minSize: 2,
        launchTemplate: { ...BASE.launchTemplate, version: String(number) },
      });

      /** A group of two: one instance drains in the refresh to version 2, the other is protected and blocks it. */
      async function draining(): Promise<{ rig: ProviderRig; id: string }> {
        const rig = rigWith();
        await rig.up(version(1));
        const [first, second] = rig.inState("InService") as [string, string];
        await rig.protect(first);
        await rig.up(version(2));
        await rig.advance(30);
        assert.equal(rig.stateOf(second), "Terminating:Wait");
        assert.equal(rig.scaling.group("pool")!.refresh, "InProgress");
        return { rig, id: second };
      }

      it("cancels the first and starts a second one, if the drain ends within 15 minutes [A13.4]", async () => {
        const { rig, id } = await draining();
        const up = rig.up(version(3));
        await rig.advance(14 * MINUTE);
        await rig.complete(id, "terminate");
        await rig.advance(5);
        assert.deepEqual(await up, ["UpdateAutoScalingGroup", "StartInstanceRefresh", "CancelInstanceRefresh", "StartInstanceRefresh"]);
        assert.equal(rig.scaling.group("pool")!.refresh, "InProgress");
      });

      it("fails after 15 minutes of a longer drain, and no later update replaces the old instances [A13.4]", async () => {
        const { rig, id } = await draining();
        const failed = assert.rejects(
          rig.up(version(3)),
          /starting .* instance refresh: waiting for .* instance refresh cancel: timeout after 900 s: its status is Cancelling$/,
        );
        await rig.advance(16 * MINUTE);
        await failed;
        await rig.complete(id, "terminate");
        await rig.advance(5);
        assert.equal(rig.scaling.group("pool")!.refresh, "Cancelled");
        assert.deepEqual(await rig.up(version(3)), [], "the next update starts a refresh");
        await rig.advance(24 * 60 * MINUTE);
        const versions = rig.scaling.group("pool")!.instances.map(({ launchTemplateVersion }) => launchTemplateVersion);
        assert.deepEqual(versions, ["1", "2"]);
      });
    });
  });

  describe("at its deletion", () => {
    const hooked = { initialLifecycleHooks: HOOKS.slice(1) };
    const waits: [reason: string, begin: (rig: ProviderRig, id: string) => Promise<unknown>, state: string][] = [
      ["in Standby", (rig, id) => rig.call("EnterStandby", { InstanceIds: [id], ShouldDecrementDesiredCapacity: false }), "Standby"],
      ["in service with Terminate suspended", (rig) => rig.call("SuspendProcesses", { ScalingProcesses: ["Terminate"] }), "InService"],
      [
        "retained",
        async (rig, id) => {
          rig.scaling.updateGroup("pool", { instanceLifecyclePolicy: { terminateHookAbandon: "retain" } });
          await rig.call("TerminateInstanceInAutoScalingGroup", { InstanceId: id, ShouldDecrementDesiredCapacity: false });
          await rig.complete(id, "terminate", "ABANDON");
        },
        "Terminating:Retained",
      ],
    ];
    for (const [reason, begin, state] of waits) {
      it(`hangs until its timeout while an instance is ${reason} [A13.5]`, async () => {
        const rig = rigWith();
        await rig.up(hooked);
        const id = rig.one("InService");
        await begin(rig, id);
        await rig.advance(5);
        const failed = assert.rejects(rig.destroy(600), new RegExp(`drain: timeout after 600 s: .*${id} ${state}`));
        for (let minutes = 0; minutes < 9; minutes++) {
          await rig.advance(MINUTE);
          for (const other of rig.inState("Terminating:Wait")) await rig.complete(other, "terminate");
        }
        assert.equal(rig.stateOf(id), state);
        await rig.advance(2 * MINUTE);
        await failed;
      });
    }

    for (const reading of ["accept", "reject"] as const) {
      it(`clears the protection of an instance that terminates already, if AWS would ${reading} that [A4.5, A13.5]`, async () => {
        const rig = rigWith({ clearProtectionWhileTerminating: reading });
        await rig.up(hooked);
        const id = rig.one("InService");
        await rig.protect(id);
        await rig.call("TerminateInstanceInAutoScalingGroup", { InstanceId: id, ShouldDecrementDesiredCapacity: false });
        await rig.advance(5);
        const destroyed = rig.destroy(7200);
        if (reading === "reject") {
          await assert.rejects(destroyed, (error: Error) => {
            const refusal = `The instance ${id} is not in InService or EnteringStandby or Standby.`;
            assert.equal(error.message, `disabling Auto Scaling Group (pool) scale-in protections: ${refusal}`);
            return true;
          });
          return;
        }
        await rig.advance(5);
        for (const one of rig.inState("Terminating:Wait")) await rig.complete(one, "terminate");
        await rig.advance(5);
        await destroyed;
        assert.equal(rig.scaling.group("pool"), undefined);
      });
    }

    it("tolerates that a protected instance has left the group meanwhile [A12.10, A13.5]", async () => {
      const rig = rigWith();
      await rig.up({ ...hooked, maxSize: 2, warmPool: {} });
      await rig.advance(5);
      const [busy, warm] = [rig.one("InService"), rig.one("Warmed:Stopped")];
      await rig.protect(busy);
      const destroyed = rig.destroy(7200);
      await rig.advance(5);
      await rig.call("DetachInstances", { InstanceIds: [busy], ShouldDecrementDesiredCapacity: false });
      await rig.advance(5);
      await rig.complete(warm, "terminate");
      await rig.advance(5);
      for (const one of rig.inState("Terminating:Wait")) await rig.complete(one, "terminate");
      await rig.advance(5);
      await destroyed;
    });
  });
});
