import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemoryStore } from "../../../rehearsal/aws/store";
import { ProviderBackend } from "../../../rehearsal/provider/backend";
import { durationSeconds } from "../../../rehearsal/provider/group-waits";
import { UNKNOWN, type Properties } from "../../../rehearsal/provider/values";
import { FakeAutoScaling } from "./fake-auto-scaling";

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const asset = (text: string) => ({ [SIGNATURE]: "c44067f5952c0a294b673a41bacd8c17", text, hash: `hash of ${text}` });
const archive = (files: Record<string, string>) => ({
  [SIGNATURE]: "0def7320c3a5731c473e5ecbe6d01bc7",
  hash: JSON.stringify(files),
  assets: Object.fromEntries(Object.entries(files).map(([name, text]) => [name, asset(text)])),
});
const urn = (type: string, name: string) => `urn:pulumi:test::tiny::ci:pool:Pool$${type}::${name}`;

const ROLE = "aws:iam/role:Role";
const FUNCTION = "aws:lambda/function:Function";
const TRUST = JSON.stringify({ Version: "2012-10-17", Statement: [] });

describe("the provider's backend", () => {
  const filesDir = mkdtempSync(join(tmpdir(), "ci-runners-"));
  let store: MemoryStore;
  let autoscaling: FakeAutoScaling;
  let backend: ProviderBackend;
  beforeEach(() => {
    store = new MemoryStore();
    autoscaling = new FakeAutoScaling();
    backend = new ProviderBackend({ store, autoscaling, filesDir });
  });
  after(() => rmSync(filesDir, { recursive: true, force: true }));

  const check = (type: string, news: Properties, olds: Properties = {}, seed = "") =>
    backend.check({ urn: urn(type, "thing"), news, olds, seed });
  const create = async (type: string, name: string, news: Properties) => {
    const { inputs, failures } = backend.check({ urn: urn(type, name), news });
    assert.deepEqual(failures, []);
    return { inputs, ...(await backend.create({ urn: urn(type, name), news: inputs })) };
  };

  it("chooses the same name in the preview and in the following update", () => {
    assert.equal(
      check(ROLE, { assumeRolePolicy: TRUST }, {}, "seed").inputs.name,
      check(ROLE, { assumeRolePolicy: TRUST }, {}, "seed").inputs.name,
    );
  });

  it("never chooses a name longer than AWS accepts", () => {
    const { inputs } = backend.check({ urn: urn(ROLE, "x".repeat(100)), news: { assumeRolePolicy: TRUST } });
    assert.equal(inputs.name.length, 64);
    assert.match(inputs.name, /^x{56}-[0-9a-f]{7}$/);
  });

  it("keeps a chosen name on the next run; otherwise every run would replace the resource", () => {
    const first = check(ROLE, { assumeRolePolicy: TRUST }).inputs;
    assert.equal(check(ROLE, { assumeRolePolicy: TRUST, description: "new" }, first).inputs.name, first.name);
  });

  it("chooses a new name once the program stops setting one", () => {
    const { inputs } = check(ROLE, { assumeRolePolicy: TRUST }, { assumeRolePolicy: TRUST, name: "mine" });
    assert.match(inputs.name, /^thing-/);
  });

  it("deletes before it replaces when the program sets the name, which cannot exist twice", () => {
    const olds = { name: "mine", path: "/" };
    const fixed = backend.diff({ urn: urn(ROLE, "thing"), olds, oldInputs: olds, news: { name: "mine", path: "/ci/" } });
    assert.deepEqual(fixed, { changes: [{ property: "path", kind: "update", replace: true }], deleteBeforeReplace: true });
    const chosen = { ...olds, __defaults: ["name"] };
    assert.equal(
      backend.diff({ urn: urn(ROLE, "thing"), olds, oldInputs: chosen, news: { ...chosen, path: "/ci/" } }).deleteBeforeReplace,
      false,
    );
  });

  it("detects that an input was removed, although the resource still has it", () => {
    const state = { name: "a", description: "removed later" };
    assert.deepEqual(backend.diff({ urn: urn(ROLE, "thing"), olds: state, oldInputs: state, news: { name: "a" } }).changes, [
      { property: "description", kind: "delete", replace: false },
    ]);
  });

  it("treats an unknown value in a preview as a change", () => {
    const state = { name: "a", description: "known" };
    assert.equal(
      backend.diff({ urn: urn(ROLE, "thing"), olds: state, oldInputs: state, news: { name: "a", description: UNKNOWN } }).changes.length,
      1,
    );
  });

  it("refuses a policy that is not JSON before anything is created", () => {
    assert.match(check(ROLE, { assumeRolePolicy: "{" }).failures[0]!.reason, /malformed/);
  });

  it("refuses two resources with the same physical name, as AWS does", async () => {
    await create(ROLE, "one", { name: "same", assumeRolePolicy: TRUST });
    await assert.rejects(create(ROLE, "two", { name: "same", assumeRolePolicy: TRUST }), /already exists/);
  });

  it("refuses to delete a role that still has a policy", async () => {
    const role = await create(ROLE, "one", { name: "role", assumeRolePolicy: TRUST });
    await create("aws:iam/rolePolicy:RolePolicy", "two", { role: "role", policy: TRUST });
    await assert.rejects(backend.delete({ urn: urn(ROLE, "one"), id: role.id }), /DeleteConflict/);
  });

  it("unpacks a function's code so that it can run, each version into a separate folder", async () => {
    const role = await create(ROLE, "role", { name: "role", assumeRolePolicy: TRUST });
    const inputs = {
      name: "fn",
      role: role.outputs.arn,
      runtime: "nodejs24.x",
      handler: "index.handler",
      code: archive({ "index.mjs": "one" }),
    };
    const { id } = await create(FUNCTION, "fn", inputs);
    const first = store.get(FUNCTION, id)!.state;
    assert.equal(readFileSync(join(first.codeDir, "index.mjs"), "utf8"), "one");
    const news = { ...inputs, code: archive({ "index.mjs": "two" }) };
    await backend.update({ urn: urn(FUNCTION, "fn"), id, olds: first, oldInputs: inputs, news });
    const second = store.get(FUNCTION, id)!.state;
    assert.equal(readFileSync(join(second.codeDir, "index.mjs"), "utf8"), "two");
    assert.equal(readFileSync(join(first.codeDir, "index.mjs"), "utf8"), "one");
    assert.notEqual(second.sourceCodeHash, first.sourceCodeHash);
  });

  describe("an invocation of a function", () => {
    const INVOCATION = "aws:lambda/invocation:Invocation";
    const given = { functionName: "fn", input: '{"pool":"p"}', lifecycleScope: "CRUD" };
    let payloads: unknown[];
    let response: { result?: unknown; error?: unknown };
    beforeEach(async () => {
      [payloads, response] = [[], { result: { done: true } }];
      const invoke = async (_name: string, payload: unknown) => (payloads.push(payload), response);
      backend = new ProviderBackend({ store, autoscaling, filesDir, invoke });
      const role = await create(ROLE, "role", { name: "role", assumeRolePolicy: TRUST });
      await create(FUNCTION, "fn", {
        name: "fn",
        role: role.outputs.arn,
        runtime: "nodejs24.x",
        handler: "index.handler",
        code: archive({ "index.mjs": "" }),
      });
    });

    it("passes the lifecycle action and the previous input to the function, as the real provider does", async () => {
      const { id, outputs } = await create(INVOCATION, "last", given);
      assert.match(id, /^fn_\$LATEST_[0-9a-f]{32}$/);
      assert.equal(outputs.result, '{"done":true}');
      const news = { ...given, input: '{"pool":"q"}' };
      assert.deepEqual(backend.diff({ urn: urn(INVOCATION, "last"), id, olds: outputs, oldInputs: given, news: given }).changes, []);
      await backend.update({ urn: urn(INVOCATION, "last"), id, olds: outputs, oldInputs: given, news });
      await backend.delete({ urn: urn(INVOCATION, "last"), id, olds: { ...outputs, ...news } });
      assert.deepEqual(payloads, [
        { pool: "p", tf: { action: "create", prev_input: null } },
        { pool: "q", tf: { action: "update", prev_input: { pool: "p" } } },
        { pool: "q", tf: { action: "delete", prev_input: { pool: "q" } } },
      ]);
      assert.equal(store.get(INVOCATION, id), undefined);
    });

    const LOOKUP = "aws:lambda/getInvocation:getInvocation";

    it("as a lookup passes the input as it is, and its result is the function's answer as text [A13.10]", async () => {
      const found = await backend.invoke(LOOKUP, { functionName: "fn", input: '{"pool":"p"}' });
      assert.equal(found.result, '{"done":true}');
      assert.match(found.id, /^fn_\$LATEST_[0-9a-f]{32}$/);
      assert.deepEqual(payloads, [{ pool: "p" }]);
    });

    it("as a lookup fails when the function fails, or does not exist [A13.10]", async () => {
      response = { error: { errorType: "Error", errorMessage: "no" } };
      const look = (functionName: string) => backend.invoke(LOOKUP, { functionName, input: "{}" });
      await assert.rejects(look("fn"), /^Error: invoking Lambda Function \(fn\): .*"errorMessage":"no"/);
      await assert.rejects(
        look("fnn"),
        /^Error: invoking Lambda Function \(fnn\): ResourceNotFoundException: Function not found: arn:aws:lambda:.*:function:fnn$/,
      );
      assert.equal(payloads.length, 1);
    });

    it("fails and is kept when the function fails", async () => {
      const { id, outputs } = await create(INVOCATION, "last", given);
      response = { error: { errorType: "Error", errorMessage: "no" } };
      await assert.rejects(
        backend.delete({ urn: urn(INVOCATION, "last"), id, olds: outputs }),
        /invoking Lambda Function \(fn\): .*"errorMessage":"no"/,
      );
      assert.ok(store.get(INVOCATION, id));
      await assert.rejects(create(INVOCATION, "other", given), /invoking Lambda Function/);
    });

    it("is invoked at its deletion even if another invocation had the same result, and so the same id", async () => {
      const first = await create(INVOCATION, "first", given);
      const second = await create(INVOCATION, "second", given);
      assert.equal(first.id, second.id);
      payloads = [];
      await backend.delete({ urn: urn(INVOCATION, "first"), id: first.id, olds: { ...first.outputs, ...given } });
      await backend.delete({ urn: urn(INVOCATION, "second"), id: second.id, olds: { ...second.outputs, ...given } });
      assert.equal(payloads.length, 2);
    });

    it("never drifts to the input of another invocation with the same id, since AWS keeps nothing of either", async () => {
      const first = await create(INVOCATION, "first", given);
      await create(INVOCATION, "second", { ...given, input: '{"pool":"q"}' });
      const olds = { ...first.outputs, ...given };
      const read = await backend.read({ urn: urn(INVOCATION, "first"), id: first.id, olds, oldInputs: given });
      assert.deepEqual(read, { id: first.id, outputs: olds, inputs: given });
    });

    it("fails without its function, so that a function deleted too early is noticed", async () => {
      await assert.rejects(create(INVOCATION, "last", { ...given, functionName: "absent" }), /Function not found/);
    });

    it("with the default scope invokes the function once, with its input alone, and another input is another invocation", async () => {
      const once = { functionName: "fn", input: '{"pool":"p"}' };
      const { id, outputs } = await create(INVOCATION, "once", once);
      assert.deepEqual(payloads, [{ pool: "p" }]);
      const call = { urn: urn(INVOCATION, "once"), id, olds: { ...once, ...outputs }, oldInputs: once };
      const { changes } = backend.diff({ ...call, news: { ...once, input: '{"pool":"q"}' } });
      assert.deepEqual(
        changes.map(({ property, replace }) => [property, replace]),
        [["input", true]],
      );
      await backend.delete({ urn: call.urn, id, olds: call.olds });
      assert.equal(payloads.length, 1, "a destroy would have the machine prepare itself again");
    });

    it("is refused with a scope or an input that the rehearsal would handle differently from AWS", () => {
      assert.match(check(INVOCATION, { ...given, lifecycleScope: "ONCE" }).failures[0]!.reason, /CREATE_ONLY/);
      for (const input of ["[]", "null", "{"]) assert.match(check(INVOCATION, { ...given, input }).failures[0]!.reason, /JSON object/);
    });
  });

  it("refuses user data that is too large for EC2", () => {
    const userData = Buffer.alloc(16_385, "x").toString("base64");
    assert.match(check("aws:ec2/launchTemplate:LaunchTemplate", { userData }).failures[0]!.reason, /16384 bytes, got 16385/);
  });

  it("stops waiting when the engine is interrupted", async () => {
    autoscaling.holdLaunches = true;
    const news = { name: "pool", minSize: 1, maxSize: 1, launchTemplate: { id: "lt-1" } };
    const interrupted: ProviderBackend = new ProviderBackend({ store, autoscaling, filesDir, sleep: async () => interrupted.cancel() });
    const creating = interrupted.create({ urn: urn("aws:autoscaling/group:Group", "pool"), news });
    await assert.rejects(creating, /cancelled while waiting/);
  });

  it("refuses an instance type that EC2 does not have", async () => {
    await assert.rejects(
      backend.invoke("aws:ec2/getInstanceType:getInstanceType", { instanceType: "m7g.huge" }),
      /InvalidInstanceType.*\[m7g.huge\]/,
    );
    assert.deepEqual(
      (await backend.invoke("aws:ec2/getInstanceType:getInstanceType", { instanceType: "m7g.large" })).supportedArchitectures,
      ["arm64"],
    );
  });

  it("finds subnets by VPC and tag, and refuses a filter that it would have to ignore", async () => {
    const vpcId = "vpc-0a1b2c3d4e5f60000";
    const subnets = {
      "subnet-1": { vpcId, availabilityZone: "eu-west-1a", tags: { tier: "private" } },
      "subnet-2": { vpcId, availabilityZone: "eu-west-1b", tags: { tier: "public" } },
      "subnet-3": { vpcId: "vpc-0other", availabilityZone: "eu-west-1b", tags: { tier: "private" } },
    };
    const finder = new ProviderBackend({ store, autoscaling, filesDir, facts: { subnets } });
    const find = (...filters: object[]) => finder.invoke("aws:ec2/getSubnets:getSubnets", { filters });
    const inVpc = { name: "vpc-id", values: [vpcId] };
    assert.deepEqual((await find(inVpc)).ids, ["subnet-1", "subnet-2"]);
    assert.deepEqual((await find(inVpc, { name: "tag:tier", values: ["private"] })).ids, ["subnet-1"]);
    await assert.rejects(
      async () => find(inVpc, { name: "state", values: ["available"] }),
      /only the filters vpc-id and tag:KEY, got state/,
    );
  });

  it("parses the Go durations that the program uses", () => {
    assert.equal(durationSeconds("1h30m"), 5400);
    assert.equal(durationSeconds("0"), 0);
    assert.throws(() => durationSeconds("ten minutes"), /not a duration/);
  });
});
