import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemoryStore } from "../../../../rehearsal/aws/store";
import { ProviderBackend } from "../../../../rehearsal/provider/backend";
import type { Properties } from "../../../../rehearsal/provider/values";
import { FakeAutoScaling } from "../fake-auto-scaling";

const ROLE = "aws:iam/role:Role";
const BUCKET = "aws:s3/bucket:Bucket";
const OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2";
const LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup";
const SECURITY_GROUP = "aws:ec2/securityGroup:SecurityGroup";
const TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate";
const UNUSUAL = "R&D (EU), Team #2";
const DOCUMENT = JSON.stringify({ schemaVersion: "2.2", mainSteps: [] });
const TRUST = JSON.stringify({ Version: "2012-10-17", Statement: [] });

describe("the tags of a resource", () => {
  const filesDir = mkdtempSync(join(tmpdir(), "ci-runners-"));
  let store: MemoryStore;
  let backend: ProviderBackend;
  beforeEach(() => {
    store = new MemoryStore();
    backend = new ProviderBackend({ store, autoscaling: new FakeAutoScaling(), filesDir });
  });
  after(() => rmSync(filesDir, { recursive: true, force: true }));

  const urn = (type: string, name: string) => `urn:pulumi:test::tiny::ci:pool:Pool$${type}::${name}`;
  const numbered = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`tag${n}`, "x"]));

  /** As the engine does it: check, preview, create. The preview always passes. */
  async function create(type: string, news: Properties): Promise<string> {
    const name = "thing";
    const { inputs, failures } = backend.check({ urn: urn(type, name), news });
    assert.deepEqual(failures, []);
    await backend.create({ urn: urn(type, name), news: inputs, preview: true });
    return (await backend.create({ urn: urn(type, name), news: inputs })).id;
  }
  const role = (tags: Record<string, string>, name = "role") => create(ROLE, { name, assumeRolePolicy: TRUST, tags });

  it("are refused beyond 10 on an S3 object, the provider's default tags included, after a preview that passes [A15.1]", async () => {
    await create(BUCKET, { bucket: "bundles" });
    const object = (key: string, tags: Record<string, string>) => create(OBJECT, { bucket: "bundles", key, content: "x", tags });
    await object("ten", numbered(10));
    const refused = { message: "creating thing: BadRequest: Object tags cannot be greater than 10" };
    await assert.rejects(object("eleven", numbered(11)), refused);
    backend.configure({ defaultTags: JSON.stringify({ tags: { team: "ci", tag0: "the same key counts once" } }) });
    await object("nine", numbered(9));
    await assert.rejects(object("ten-and-default", numbered(10)), refused);
    assert.equal(store.get(OBJECT, "bundles/eleven"), undefined);
  });

  it("are kept off an S3 object that overrides them by an empty map, when it is created [A15.8]", async () => {
    const overrideProvider = { defaultTags: { tags: {} } };
    await create(BUCKET, { bucket: "bundles" });
    backend.configure({ defaultTags: JSON.stringify({ tags: numbered(11) }) });
    const object = (key: string, tags: Record<string, string>) =>
      create(OBJECT, { bucket: "bundles", key, content: "x", tags, overrideProvider });
    await object("none", {});
    assert.deepEqual(store.get(OBJECT, "bundles/none")?.state.tagsAll, {});
    await object("own", { own: "yes", tag0: "mine", tag1: "x" });
    assert.deepEqual(store.get(OBJECT, "bundles/own")?.state.tagsAll, { own: "yes", tag0: "mine" });
    const news = { bucket: "bundles", key: "some", content: "x", overrideProvider: { defaultTags: { tags: { a: "b" } } } };
    assert.match(backend.check({ urn: urn(OBJECT, "some"), news }).failures[0]!.reason, /must be an empty map/);
  });

  it("are planned for such an object at each later deployment, unless the program ignores changes of tagsAll [A15.9]", async () => {
    const inputs = { bucket: "bundles", key: "x", content: "x", overrideProvider: { defaultTags: { tags: {} } } };
    await create(BUCKET, { bucket: "bundles" });
    const call = (ignoreChanges: string[]) => {
      const olds = { ...inputs, tagsAll: {} };
      return { urn: urn(OBJECT, "thing"), id: "bundles/x", olds, oldInputs: inputs, news: inputs, ignoreChanges };
    };
    await create(OBJECT, inputs);
    assert.deepEqual(backend.diff(call([])).changes, []);
    backend.configure({ defaultTags: JSON.stringify({ tags: numbered(11) }) });
    assert.deepEqual(backend.diff(call([])).changes, [{ property: "tagsAll", kind: "update", replace: false }]);
    await assert.rejects(backend.update(call([])), { message: "updating thing: BadRequest: Object tags cannot be greater than 10" });
    assert.deepEqual(backend.diff(call(["tagsAll"])).changes, []);
    assert.deepEqual((await backend.update(call(["tagsAll"]))).outputs.tagsAll, {});
  });

  it("are refused beyond 50 on any other resource, also by an update [A15.2]", async () => {
    const id = await create(LOG_GROUP, { name: "/fifty", tags: numbered(50) });
    await assert.rejects(create(LOG_GROUP, { name: "/more", tags: numbered(51) }), {
      message: /^creating thing: .* at most 50 tags, got 51$/,
    });
    const olds = { name: "/fifty", tags: numbered(50) };
    const update = { urn: urn(LOG_GROUP, "thing"), id, olds, oldInputs: olds };
    await assert.rejects(backend.update({ ...update, news: { name: "/fifty", tags: numbered(51) } }), {
      message: /^updating thing: .*got 51$/,
    });
  });

  it("are refused by IAM if two keys differ only in case, which other services accept [A15.3]", async () => {
    await create(LOG_GROUP, { name: "/case", tags: { Name: "a", name: "b" } });
    await assert.rejects(role({ Name: "a", name: "b" }), {
      message: "creating thing: InvalidInput: Duplicate tag keys found. Please note that Tag keys are case insensitive.",
    });
    backend.configure({ defaultTags: JSON.stringify({ tags: { owner: "me" } }) });
    await assert.rejects(role({ Owner: "you" }), { message: /Duplicate tag keys found/ });
  });

  it("are refused by IAM for characters that EC2 accepts [A15.4]", async () => {
    await create(SECURITY_GROUP, { name: "characters", tags: { team: UNUSUAL } });
    await assert.rejects(role({ ok: "yes", team: UNUSUAL }), {
      message:
        "creating thing: ValidationError: 1 validation error detected: Value 'R&D (EU), Team #2' at 'tags.2.member.value' failed to satisfy " +
        "constraint: Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*",
    });
    await assert.rejects(role({ "a,b": "x" }), { message: /Value 'a,b' at 'tags\.1\.member\.key' failed .*@\]\+$/ });
    await role({ "kostenstelle:größe/1": "Zürich = 1 + 2 @ _x-y.z", empty: "" });
  });

  const limited: [type: string, news: Properties][] = [
    [LOG_GROUP, { name: "/characters" }],
    [
      "aws:lambda/function:Function",
      { name: "f", role: "arn:aws:iam::123456789012:role/f", handler: "index.handler", runtime: "nodejs22.x", code: {} },
    ],
    ["aws:ssm/document:Document", { name: "stop", documentType: "Command", content: DOCUMENT }],
    ["aws:ssm/parameter:Parameter", { name: "/p", type: "String", value: "x" }],
  ];
  for (const [type, news] of limited) {
    it(`are refused by ${type.split(":")[1]} for the same characters, and by an update too [A15.4]`, async () => {
      await assert.rejects(create(type, { ...news, tags: { team: UNUSUAL } }), {
        message: /^creating thing: ValidationError: .*Value 'R&D \(EU\), Team #2' .* pattern: /,
      });
      const olds = { ...news, tags: {} };
      await assert.rejects(
        backend.update({ urn: urn(type, "thing"), id: "x", olds, oldInputs: olds, news: { ...news, tags: { "a,b": "" } } }),
        {
          message: /^updating thing: ValidationError: .*Value 'a,b' .* pattern: /,
        },
      );
    });
  }

  it("are refused by S3 for the same characters, on buckets and objects [A15.6]", async () => {
    const value = { message: "creating thing: InvalidTag: The TagValue you have provided is invalid" };
    const key = { message: "creating thing: InvalidTag: The TagKey you have provided is invalid" };
    await assert.rejects(create(BUCKET, { bucket: "bundles", tags: { team: UNUSUAL } }), value);
    await create(BUCKET, { bucket: "bundles" });
    const object = (tags: Record<string, string>) => create(OBJECT, { bucket: "bundles", key: "x", content: "x", tags });
    await assert.rejects(object({ "a,b": "x" }), key);
    await object({ team: "a + b" });
  });

  it("are limited in each of a launch template's specifications as well, without the default tags [A15.7]", async () => {
    const template = (name: string, ...sets: Record<string, string>[]) =>
      create(TEMPLATE, { name, tagSpecifications: sets.map((tags) => ({ resourceType: "instance", tags })) });
    backend.configure({ defaultTags: JSON.stringify({ tags: { team: "ci" } }) });
    await template("fifty", numbered(50), numbered(50));
    await assert.rejects(template("more", numbered(1), numbered(51)), { message: /^creating thing: .* at most 50 tags, got 51$/ });
    await assert.rejects(template("long", { k: "v".repeat(257) }), { message: /length less than or equal to 256$/ });
  });

  it("are refused with a key beyond 128 characters or a value beyond 256, or an empty key [A15.5]", async () => {
    await role({ ["k".repeat(128)]: "v".repeat(256) });
    await assert.rejects(role({ ["k".repeat(129)]: "v" }, "key"), { message: /member\.key'.*length less than or equal to 128$/ });
    await assert.rejects(role({ k: "v".repeat(257) }, "value"), { message: /member\.value'.*length less than or equal to 256$/ });
    await assert.rejects(create(LOG_GROUP, { name: "/long", tags: { ["k".repeat(129)]: "v" } }), {
      message: /length less than or equal to 128$/,
    });
    await assert.rejects(create(LOG_GROUP, { name: "/long", tags: { k: "v".repeat(257) } }), {
      message: /length less than or equal to 256$/,
    });
    await assert.rejects(create(LOG_GROUP, { name: "/short", tags: { "": "v" } }), { message: /length greater than or equal to 1$/ });
  });
});
