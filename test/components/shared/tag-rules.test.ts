import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { type OwnTags, tagViolations } from "../../../components/shared/tag-rules";
import { instanceTagRefusal, tagsFrom } from "../../../rehearsal/aws/autoscaling/tags";
import { MemoryStore } from "../../../rehearsal/aws/store";
import { ProviderBackend } from "../../../rehearsal/provider/backend";
import { RESOURCE_TYPES } from "../../../rehearsal/provider/types";
import type { Properties } from "../../../rehearsal/provider/values";
import { FakeAutoScaling } from "../../rehearsal/provider/fake-auto-scaling";

const OWN: OwnTags = { keys: ["Name", "ours:pool", "ours:release"], prefix: "ours:" };
const OURS = { Name: "pool", "ours:pool": "pool", "ours:release": "v1.2.3" };

const DOCUMENT = JSON.stringify({ schemaVersion: "2.2", mainSteps: [] });
const TRUST = JSON.stringify({ Version: "2012-10-17", Statement: [] });
const PATTERN = JSON.stringify({ source: ["aws.autoscaling"] });
/** In the engine's form. */
const CODE = { "4dabf18193072939515e22adb298388d": "0def7320c3a5731c473e5ecbe6d01bc7", hash: "none", assets: {} };
const FUNCTION = { role: "arn:aws:iam::123456789012:role/f", handler: "index.handler", runtime: "nodejs22.x", code: CODE };
const ALARM = {
  comparisonOperator: "GreaterThanThreshold",
  evaluationPeriods: 1,
  metricName: "m",
  namespace: "n",
  period: 60,
  statistic: "Sum",
};
/** A resource of each type that takes tags and that a component uses, in an order in which they can be created. */
const USED: Record<string, Properties> = {
  "aws:iam/role:Role": { name: "f", assumeRolePolicy: TRUST },
  "aws:cloudwatch/eventRule:EventRule": { eventPattern: PATTERN },
  "aws:cloudwatch/logGroup:LogGroup": {},
  "aws:cloudwatch/metricAlarm:MetricAlarm": { ...ALARM, threshold: 0 },
  "aws:ec2/launchTemplate:LaunchTemplate": {},
  "aws:ec2/securityGroup:SecurityGroup": {},
  "aws:dynamodb/table:Table": { attributes: [{ name: "pk", type: "S" }], hashKey: "pk", billingMode: "PAY_PER_REQUEST" },
  "aws:iam/instanceProfile:InstanceProfile": {},
  "aws:lambda/function:Function": FUNCTION,
  "aws:s3/bucket:Bucket": {},
  "aws:sqs/queue:Queue": {},
  "aws:ssm/document:Document": { documentType: "Command", content: DOCUMENT },
};

describe("the rules for tags, beside the stand-in's own reading of what AWS refuses", function () {
  this.timeout(120_000);
  const filesDir = mkdtempSync(join(tmpdir(), "ci-runners-"));
  after(() => rmSync(filesDir, { recursive: true, force: true }));

  /** AWS's first refusal by any service in use, in one deployment of one resource of each type; undefined if all accept. */
  async function refusal(tags: Record<string, string>, defaults: Record<string, string>): Promise<string | undefined> {
    const backend = new ProviderBackend({ store: new MemoryStore(), autoscaling: new FakeAutoScaling(), filesDir });
    backend.configure({ defaultTags: JSON.stringify({ tags: defaults }) });
    const all = { ...tags, ...OURS };
    try {
      for (const [type, news] of Object.entries(USED)) {
        const specifications = type.includes("launchTemplate") ? { tagSpecifications: [{ resourceType: "volume", tags: all }] } : {};
        const urn = `urn:pulumi:test::tiny::${type}::thing`;
        const { inputs, failures } = backend.check({ urn, news: { ...news, ...specifications, tags: all } });
        assert.deepEqual(failures, [], type);
        await backend.create({ urn, news: inputs });
      }
      tagsFrom({ Tags: Object.entries(all).map(([Key, Value]) => ({ Key, Value, PropagateAtLaunch: true })) });
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
      return (error as Error).message;
    }
    return instanceTagRefusal(all);
  }

  const violations = (tags: Record<string, string>, defaults: Record<string, string>) =>
    tagViolations(
      [
        { field: "tags", tags },
        { field: "aws:defaultTags", tags: defaults },
      ],
      OWN,
    );

  /** Mostly what AWS accepts, at the limits and a little beyond them, so that about half of the sets are accepted. */
  const usual = fc.constantFrom(..."aZ9 _.:/=+-@ßü日");
  const any = fc.oneof({ weight: 60, arbitrary: usual }, { weight: 1, arbitrary: fc.constantFrom(..."&,#(\n\t*\"'é\u0301\u200b😀") });
  const text = (arbitrary: fc.Arbitrary<string>, limit: number) =>
    fc.oneof(
      { weight: 12, arbitrary: fc.array(arbitrary, { maxLength: 12 }).map((characters) => characters.join("")) },
      { weight: 1, arbitrary: fc.integer({ min: limit - 2, max: limit + 2 }).map((length) => "k".repeat(length)) },
    );
  const key = fc.oneof(
    { weight: 8, arbitrary: fc.tuple(fc.nat(30), text(any, 124)).map(([place, rest]) => `${place}${rest}`) },
    { weight: 2, arbitrary: fc.constantFrom("Name", "Team", "Owner", "cost") },
    { weight: 1, arbitrary: fc.constantFrom("name", "TEAM", "oWner", "", "Aws:x", "ours:pool", "OURS:x") },
  );
  const set = (maxKeys: number) => fc.dictionary(key, text(any, 256), { maxKeys });
  const deployments = fc.tuple(
    fc.oneof({ weight: 5, arbitrary: set(5) }, { weight: 1, arbitrary: fc.nat(55).map(numbered) }),
    fc.oneof({ weight: 5, arbitrary: set(3) }, { weight: 1, arbitrary: fc.nat(55).map(numbered) }),
  );

  it("accept nothing that any service in use refuses, and name the key of each refused tag", async () => {
    const seen = { accepted: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(deployments, async ([tags, defaults]) => {
        const found = violations(tags, defaults);
        seen[found.length === 0 ? "accepted" : "refused"] += 1;
        if (found.length === 0) assert.equal(await refusal(tags, defaults), undefined);
        const keys = [...Object.keys(tags), ...Object.keys(defaults)].map((one) => JSON.stringify(one).slice(0, 100));
        for (const { reason } of found) {
          assert.ok(/ tags": /.test(reason) || keys.some((one) => reason.includes(` = ${one}`)), `names no key: ${reason}`);
        }
      }),
      { numRuns: 200, endOnFailure: true },
    );
    assert.ok(seen.accepted > 40 && seen.refused > 40, `the generator is one-sided: ${JSON.stringify(seen)}`);
  });

  it("refuse what the stand-in refuses for each of its reasons, so that its reading is at least compared", async () => {
    const bad: Record<string, string>[] = [
      numbered(60),
      { name: "x" },
      { a: "R&D" },
      { "a,b": "" },
      { ["k".repeat(129)]: "" },
      { k: "v".repeat(257) },
      { "": "v" },
    ];
    for (const tags of bad) {
      assert.notEqual(await refusal(tags, {}), undefined, JSON.stringify(tags));
      assert.notDeepEqual(violations(tags, {}), [], JSON.stringify(tags));
      assert.notEqual(await refusal({}, tags), undefined, JSON.stringify(tags));
      assert.notDeepEqual(violations({}, tags), [], JSON.stringify(tags));
    }
  });

  it("are compared with every type of the stand-in that takes tags and that a component uses", () => {
    const unused = [
      "aws:s3/bucketObjectv2:BucketObjectv2",
      "aws:s3/bucketObject:BucketObject",
      ...Object.keys(RESOURCE_TYPES).filter((type) =>
        /^aws:(ebs|vpc|kms|sns|ec2\/(?!launchTemplate|securityGroup:))|iam\/(policy|openIdConnectProvider):|parameter:/.test(type),
      ),
    ];
    const taggable = Object.entries(RESOURCE_TYPES).filter(([, type]) => type.hasTags ?? type.inputs.includes("tags"));
    assert.deepEqual(
      taggable.map(([type]) => type).filter((type) => !(type in USED) && !unused.includes(type)),
      [],
    );
  });
});

function numbered(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, place) => [`tag${place}`, "x"]));
}
