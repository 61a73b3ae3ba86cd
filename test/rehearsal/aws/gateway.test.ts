import assert from "node:assert/strict";
import { RealClock } from "../../../rehearsal/clock";
import { AwsError, type Principal, type Service } from "../../../rehearsal/aws/api";
import { AwsGateway } from "../../../rehearsal/aws/gateway";
import { Credentials } from "../../../rehearsal/aws/credentials";
import { throttling } from "../../../rehearsal/aws/api-faults";
import { Iam } from "../../../rehearsal/aws/iam/iam";
import { MemoryStore } from "../../../rehearsal/aws/store";
import { Random } from "../../../rehearsal/random";
import { Timeline } from "../../../rehearsal/timeline";
import { deployRole, ACCOUNT } from "./harness";

class ManualClock extends RealClock {
  time = 0;
  override now(): number {
    return this.time;
  }
}

describe("the AWS gateway", () => {
  const worker: Principal = { kind: "function", functionName: "worker", roleName: "worker" };
  let clock: ManualClock;
  let store: MemoryStore;
  let iam: Iam;
  let gateway: AwsGateway;
  let timeline: Timeline;
  let executed: string[];

  beforeEach(() => {
    clock = new ManualClock();
    store = new MemoryStore();
    iam = new Iam(store, ACCOUNT);
    timeline = new Timeline(() => clock.now());
    gateway = new AwsGateway({ clock, timeline, iam });
    executed = [];
    const service: Service = {
      prefix: "s3",
      authorisation: (_operation, params) => [{ resource: String(params["arn"]), context: {} }],
      execute: async (operation) => {
        executed.push(operation);
        if (operation === "Fail") throw new AwsError("Broken", "it is");
        return { done: true };
      },
    };
    gateway.register(service);
    deployRole(store, "worker", [{ Effect: "Allow", Action: "s3:*", Resource: "arn:mine" }]);
  });

  it("must not execute a call that IAM denies, and must record the denial", async () => {
    await assert.rejects(gateway.call(worker, "s3:Get", { arn: "arn:other" }), { name: "AccessDenied", httpStatus: 403 });
    assert.deepEqual(executed, []);
    assert.deepEqual(gateway.denied(), [{ principal: "worker", action: "s3:Get", resource: "arn:other" }]);
    assert.deepEqual(
      timeline.events.map(({ kind }) => kind),
      ["denied", "api-call"],
    );
  });

  it("must not report what a function is denied after a destroy has deleted its policies under it, but what one is that never had any", async () => {
    const last: Principal = { kind: "function", functionName: "last", roleName: "last" };
    const deletePolicies = (role: string) => store.remove("aws:iam/rolePolicy:RolePolicy", `${role}:main`);
    deployRole(store, "last", []);
    deletePolicies("last");
    const get = (principal: Principal) => gateway.call(principal, "s3:Get", { arn: "arn:mine" });
    await assert.rejects(get(last), { name: "AccessDenied" });
    const reported = [{ principal: "last", action: "s3:Get", resource: "arn:mine" }];
    assert.deepEqual(gateway.denied(), reported);
    await get(worker);
    deletePolicies("worker");
    await assert.rejects(get(worker), { name: "AccessDenied" });
    assert.deepEqual(gateway.denied(), reported);
    const instance: Principal = { kind: "instance", instanceId: "i-1", roleName: "worker" };
    await assert.rejects(get(instance), { name: "AccessDenied" });
    assert.equal(gateway.denied().length, 2, "the policies of a host are deleted after its end");
  });

  it("must not apply policies to the operator", async () => {
    assert.deepEqual(await gateway.call({ kind: "operator" }, "s3:Get", { arn: "arn:other" }), { done: true });
  });

  it("must apply a fault for one instance to that instance only", async () => {
    const [one, other] = ["i-1", "i-2"].map((instanceId): Principal => ({ kind: "instance", instanceId, roleName: "worker" }));
    const removeFault = gateway.faults.inject({ action: "s3:Get", instance: "i-1", error: throttling() });
    await assert.rejects(gateway.call(one!, "s3:Get", { arn: "arn:mine" }), { name: "Throttling" });
    await gateway.call(other!, "s3:Get", { arn: "arn:mine" });
    removeFault();
    await gateway.call(one!, "s3:Get", { arn: "arn:mine" });
  });

  it("must count every call by principal and action, including failures", async () => {
    await gateway.call(worker, "s3:Get", { arn: "arn:mine" });
    await assert.rejects(gateway.call(worker, "s3:Fail", { arn: "arn:mine" }), { name: "Broken" });
    await assert.rejects(gateway.call(worker, "s3:Get", { arn: "arn:other" }));
    assert.deepEqual(gateway.calls(), { worker: { "s3:Get": 2, "s3:Fail": 1 } });
    assert.deepEqual(
      timeline.events.flatMap((event) => (event.kind === "api-call" ? [event.outcome] : [])),
      ["ok", "Broken", "AccessDenied"],
    );
  });

  it("must fail only as many calls, for as long and for the principal that a fault specifies", async () => {
    const get = () => gateway.call(worker, "s3:Get", { arn: "arn:mine" });
    gateway.faults.inject({ action: "s3:Get", times: 2, error: throttling() });
    await assert.rejects(get(), { name: "Throttling", message: "Rate exceeded" });
    await assert.rejects(get(), { name: "Throttling" });
    await get();
    gateway.faults.inject({ action: "*", principal: "instance", error: throttling() });
    await get();
    gateway.faults.inject({ action: "s3:Get", untilMs: 1000, error: throttling() });
    await assert.rejects(get());
    clock.time = 1000;
    await get();
    const removeFault = gateway.faults.inject({ action: "*", error: throttling() });
    removeFault();
    await get();
  });

  it("must report a missing permission even while every call is throttled", async () => {
    gateway.faults.inject({ action: "*", error: throttling() });
    await assert.rejects(gateway.call(worker, "s3:Get", { arn: "arn:other" }), { name: "AccessDenied" });
  });

  it("must reject a call to a service that it does not have, and a second service with the same IAM prefix", async () => {
    await assert.rejects(gateway.call({ kind: "operator" }, "dynamodb:GetItem", {}), /no service "dynamodb"/);
    assert.throws(() => gateway.register({ prefix: "s3" } as Service), /two services/);
  });

  it("must not accept credentials after six hours, or issue any for a role that is missing or does not trust the service", () => {
    const credentials = new Credentials(clock, new Random(1), iam);
    const { accessKeyId, expiration } = credentials.issue(worker);
    assert.equal(Date.parse(expiration), 6 * 3600_000);
    assert.equal(credentials.find(accessKeyId)?.expired, false);
    clock.time = 6 * 3600_000;
    assert.equal(credentials.find(accessKeyId)?.expired, true);
    assert.throws(
      () => credentials.issue({ kind: "instance", instanceId: "i-1", roleName: "worker" }),
      /does not trust ec2\.amazonaws\.com/,
    );
    assert.throws(() => credentials.issue({ ...worker, roleName: "none" }), /none is not deployed/);
  });
});
