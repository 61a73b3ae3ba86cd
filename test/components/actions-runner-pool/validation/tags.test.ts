import assert from "node:assert/strict";
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { ActionsRunnerPool } from "../../../../components";
import { Deployment, failure } from "../../mocks";
import { poolArgs } from "../pool-args";
import { TITLE, rejects, rejectsAfterLookups, type BadInput } from "./bad-input";

const numbered = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`tag${n}`, "x"]));

/** Each with the tags that a service refuses only when its first resource is created, after a preview that passes. */
const refused: (Pick<BadInput, "danger" | "value" | "remedy"> & { tags: Record<string, string> })[] = [
  {
    danger: "a key that IAM takes for the pool's own Name",
    tags: { name: "runners" },
    value: '"name"',
    remedy: /same key as Name\. Write it as Name/,
  },
  {
    danger: "two keys that IAM takes for one",
    tags: { Team: "ci", team: "ci" },
    value: '"team"',
    remedy: /same key as Team\. .*choose another key/,
  },
  {
    danger: "a value with characters that IAM and others refuse and EC2 accepts",
    tags: { team: "R&D (EU), Team #2" },
    value: '"team"',
    remedy: /the value has "&" "\(" "\)" "," "#", which IAM, .* refuse\. Use letters, digits, spaces/,
  },
  {
    danger: "a key with such characters",
    tags: { "cost,centre": "1" },
    value: '"cost,centre"',
    remedy: /the key has ",", which IAM, .* refuse\. Use letters/,
  },
  { danger: "a value with a line break", tags: { note: "a\nb" }, value: '"note"', remedy: /the value has "\\n", which/ },
  { danger: "a value that is too long", tags: { note: "v".repeat(300) }, value: '"note"', remedy: /has 300 characters .* allows 256/ },
  { danger: "a key that is too long", tags: { ["k".repeat(128)]: "v" }, value: "kkk", remedy: /has 128 characters and EC2 allows 127/ },
  { danger: "an empty key", tags: { "": "v" }, value: '""', remedy: /Give the tag a key/ },
  { danger: "a value in AWS's namespace", tags: { owner: "aws:me" }, value: '"owner"', remedy: /starts with aws:/ },
  {
    danger: "a tag without a value, which the group alone would refuse, as the last resource",
    tags: { team: undefined as unknown as string },
    value: '"team"',
    remedy: /has no value\. Set a text/,
  },
  {
    danger: "a number, which a stack's configuration without quotes holds",
    tags: { centre: 42 as unknown as string },
    value: '"centre"',
    remedy: /Write the value in quotes/,
  },
  { danger: "more tags than a resource takes", tags: numbered(60), value: '"60 tags"', remedy: /64 tags .*allows 50\. Remove 14/ },
];

describe("tags that any service refuses", () => {
  rejects(refused.map(({ tags, ...bad }) => ({ ...bad, field: "tags", changes: { tags } })));
});

describe("tags that are known only at run time and that any service refuses", () => {
  rejectsAfterLookups(refused.map(({ tags, ...bad }) => ({ ...bad, field: "tags", changes: { tags: pulumi.output(tags) } })));
});

describe(TITLE, () => {
  it("all bad tags in one error, so that the user can correct them all together", async () => {
    await Deployment.start();
    const tags = { name: "x", team: "R&D", note: "v".repeat(300), good: "Zürich = 1 + 2 @ _x-y.z/a:b", empty: "" };
    const error = await failure(() => new ActionsRunnerPool("runners", poolArgs({ tags })));
    const { errors } = error as Error & { errors: { propertyPath: string; reason: string }[] };
    assert.deepEqual(errors.map(({ reason }) => /^tags = "(\w+)"/.exec(reason)?.[1]).sort(), ["name", "note", "team"]);
  });

  it("the value of a bad tag only by its key, because a value may be a secret", async () => {
    await Deployment.start();
    const error = await failure(() => new ActionsRunnerPool("runners", poolArgs({ tags: { key: "pass#word" } })));
    assert.match(error.message, /^tags = "key": the value has "#"/);
    assert.ok(!error.message.includes("word"));
  });

  it("a value that is an output beside plain ones, once it resolves", async () => {
    const deployment = await Deployment.start();
    const tags = { team: "ci", stack: pulumi.output("R&D") };
    const error = await failure(() => new ActionsRunnerPool("runners", poolArgs({ tags })));
    assert.match(error.message, /^tags = "stack": the value has "&"/);
    assert.deepEqual(deployment.children, []);
  });

  const defaults: [danger: string, defaultTags: Record<string, string>, message: RegExp][] = [
    [
      "a default tag of the provider that IAM takes for the pool's own Name",
      { name: "x" },
      /^aws:defaultTags = "name": .*same key as Name/,
    ],
    ["a default tag that IAM takes for one of the user's", { Team: "x" }, /^aws:defaultTags = "Team": .*same key as team/],
    ["a default tag with characters that IAM refuses", { a: "R&D" }, /^aws:defaultTags = "a": the value has "&"/],
    ["too many tags together with the provider's", numbered(46), /^tags = "1 tags": 51 tags .*1 of tags, 46 of aws:defaultTags/],
  ];
  for (const [danger, defaultTags, message] of defaults) {
    it(danger, async () => {
      const deployment = await Deployment.start({ defaultTags });
      const error = await failure(() => new ActionsRunnerPool("runners", poolArgs({ tags: { team: "ci" } })));
      assert.match(error.message, message);
      assert.deepEqual(deployment.children, []);
    });
  }

  it("no default tags but those of the provider that deploys the pool", async () => {
    const deployment = await Deployment.start();
    const provider = new aws.Provider("elsewhere", { region: "eu-central-1" });
    new ActionsRunnerPool("runners", poolArgs(), { provider });
    await deployment.settled();
    const asked = deployment.calls.filter(({ token }) => token === "aws:index/getDefaultTags:getDefaultTags");
    assert.deepEqual(
      asked.map(({ provider: used }) => /::elsewhere::/.test(used ?? "")),
      [true],
    );
  });

  it("nothing about as many tags as fit: 46, with Name among them 47, with a default tag of the same key as well", async () => {
    const deployment = await Deployment.start({ defaultTags: { Name: "default", tag0: "default" } });
    new ActionsRunnerPool("runners", poolArgs({ tags: { Name: "mine", ...numbered(46) } }));
    await deployment.settled();
    const { tags } = deployment.only("aws:sqs/queue:Queue").inputs;
    assert.equal(Object.keys(tags).length, 49);
    assert.equal(tags.Name, "mine");
  });
});
