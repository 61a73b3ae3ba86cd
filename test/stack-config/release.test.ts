import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { VERSION } from "../../components/shared/package-version";
import { isRelease, RELEASE_TAG } from "../../contract/shared/release";
import { freshProgram } from "../../rehearsal/engine/program";
import { Deployment } from "../components/mocks";
import { configOf, configure, ROOT, run, STACKS } from "../support/run-stack";

/** The error with which the program rejects a pin, before it registers anything. */
async function rejection(release: string): Promise<string> {
  const deployment = await Deployment.start({ stack: "prod" });
  configure("prod", release);
  const error = await freshProgram(ROOT)().then(
    () => undefined,
    (reason: Error) => reason,
  );
  assert.ok(error, `${release} was accepted`);
  assert.deepEqual(deployment.registered, [], "something was created first");
  return error.message;
}

describe("a stack's pin", () => {
  it("is rejected by the code of another release, or prod would run code that its pin excludes", async () => {
    const message = await rejection("v0.0.1");
    for (const part of ["ci-runners:release", "v0.0.1", `v${VERSION}`, "npm run deploy -- --stack prod"]) {
      assert.ok(message.includes(part), `${message}: ${part}`);
    }
  });

  for (const invalid of ["0.2.0", "v0.2", "v0.2.0+build", "latest", "Main", "v0.2.0 "]) {
    it(`is rejected as ${JSON.stringify(invalid)}, which is not the tag of a release`, async () => {
      assert.match(await rejection(invalid), /ci-runners:release = .* is neither a release nor main; pin a tag like v/);
    });
  }

  for (const pin of ["main", `v${VERSION}`]) {
    it(`is set, as ${pin}, in the tags of the pool, of its source of demand and of the program's VPC and in the output`, async () => {
      const deployment = await run("dev", pin);
      assert.equal(deployment.only("awsx:ec2:Vpc").inputs.tags[RELEASE_TAG], pin);
      const queues = deployment.of("aws:sqs/queue:Queue").map(({ name, inputs }) => [name, inputs.tags[RELEASE_TAG]]);
      assert.deepEqual(Object.fromEntries(queues), { "runners-dead-letters": pin, "runners-jobs-dead-letters": pin });
      await Deployment.start({ stack: "dev" });
      configure("dev", pin);
      assert.equal((await freshProgram(ROOT)()).release, pin);
    });
  }

  for (const stack of STACKS) {
    it(`is in the configuration of ${stack}, where a promotion finds and changes it`, () => {
      const pin = configOf(stack)["ci-runners:release"];
      assert.ok(typeof pin === "string" && isRelease(pin), String(pin));
    });
  }

  it("names a release that the changelog documents", () => {
    const changelog = readFileSync(join(ROOT, "CHANGELOG.md"), "utf8");
    const pins = STACKS.map((stack) => String(configOf(stack)["ci-runners:release"])).filter((pin) => pin !== "main");
    for (const version of new Set([VERSION, ...pins.map((pin) => pin.slice(1))])) {
      assert.ok(changelog.includes(`\n## [${version}]`), `CHANGELOG.md has no section for ${version}`);
    }
  });
});
