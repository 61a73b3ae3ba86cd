import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { argumentsOf, type PackageSchema, reference } from "../../build/reference";
import { ROOT } from "../../components/shared/package-layout";
import { REFERENCE } from "../../build/schema";
import schema from "../../schema.json";

const surface = schema as unknown as PackageSchema;

describe("the argument reference", () => {
  it("is what schema.json says, so that no argument is missing from it", () => {
    const committed = readFileSync(join(ROOT, REFERENCE), "utf8");
    assert.equal(committed, reference(surface), `${REFERENCE} is out of date; \`npm run schema\` writes it`);
  });

  it("lists each argument by the path that a user writes, with type, default, limits and purpose", () => {
    const known: PackageSchema = {
      types: {
        "p:index:DrainArgs": {
          type: "object",
          properties: { beat: { type: "number", description: "Pause in s. Limits: 1 to 9 (AWS). Default: 3." } },
        },
        "p:index:DiskArgs": { type: "object", properties: { size: { type: "number", description: "In GiB." } }, required: ["size"] },
        "p:index:State": { type: "string", enum: [{ value: "Off", description: "Costs nothing." }, { value: "On" }] },
      },
      resources: {
        "p:index:Pool": {
          inputProperties: {
            name: { type: "string", description: "Its name.\nUnique." },
            drain: { $ref: "#/types/p:index:DrainArgs", description: "How it drains." },
            state: { $ref: "#/types/p:index:State", description: "Where it waits. Default: `Off`." },
            disks: { type: "array", items: { $ref: "#/types/p:index:DiskArgs" }, description: "Its disks." },
            subnets: { type: "array", items: { type: "string" }, description: "Where it runs. Limits: at least one." },
          },
          requiredInputs: ["name", "subnets"],
          properties: { arn: { type: "string", description: "Its ARN." } },
        },
      },
    };
    assert.deepEqual(argumentsOf(known, "p:index:Pool"), [
      { path: "name", type: "string", required: true, purpose: "Its name. Unique.", limits: undefined, default: undefined },
      { path: "drain", type: "object", required: false, purpose: "How it drains.", limits: undefined, default: undefined },
      { path: "drain.beat", type: "number", required: false, purpose: "Pause in s.", limits: "1 to 9 (AWS)", default: "3" },
      {
        path: "state",
        type: "`Off` or `On`",
        required: false,
        purpose: "Where it waits. `Off`: Costs nothing. `On`: ",
        limits: undefined,
        default: "`Off`",
      },
      { path: "disks", type: "list of objects", required: false, purpose: "Its disks.", limits: undefined, default: undefined },
      { path: "disks[].size", type: "number", required: true, purpose: "In GiB.", limits: undefined, default: undefined },
      { path: "subnets", type: "list of strings", required: true, purpose: "Where it runs.", limits: "at least one", default: undefined },
    ]);
    assert.match(reference(known), /^\| `drain\.beat` \| number \| 3 \| 1 to 9 \(AWS\) \| Pause in s\. \|$/m);
    assert.match(reference(known), /^\| `arn` \| string \| Its ARN\. \|$/m);
  });

  for (const token of Object.keys(surface.resources)) {
    const all = argumentsOf(surface, token);

    it(`gives a default, or none by its own words, for each optional argument of ${token}`, () => {
      const silent = all.filter(({ required, type, default: usual }) => !required && type !== "object" && usual === undefined);
      assert.deepEqual(
        silent.map(({ path }) => path),
        [],
      );
    });

    it(`gives limits for each number of ${token}`, () => {
      assert.deepEqual(
        all.filter(({ type, limits }) => type === "number" && limits === undefined).map(({ path }) => path),
        [],
      );
    });
  }
});
