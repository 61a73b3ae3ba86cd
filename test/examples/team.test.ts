import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { HostArgs } from "../../components/shared/host-args";
import schema from "../../schema.json";
import { configOf, project, ROOT, run } from "../support/run-stack";

/**
 * Every option of the host, and whether a job can do or see more with it than without: then the page about hostile jobs has to
 * say what. A new option does not compile before it is here.
 */
const OPTIONS: Record<keyof HostArgs, "opens something to jobs" | "opens nothing"> = {
  docker: "opens something to jobs",
  jobsMayUseDocker: "opens something to jobs",
  setupScript: "opens something to jobs",
  packages: "opens nothing",
  setupTimeout: "opens nothing",
  jobEnvironment: "opens something to jobs",
  httpProxy: "opens nothing",
  httpsProxy: "opens something to jobs",
  noProxy: "opens nothing",
  awsByProxy: "opens nothing",
  caBundle: "opens nothing",
  hostLogs: "opens something to jobs",
  rootVolumeType: "opens nothing",
  rootVolumeIops: "opens nothing",
  rootVolumeThroughput: "opens nothing",
  volumes: "opens something to jobs",
  useInstanceStore: "opens something to jobs",
  diskFloor: "opens nothing",
};
const NAMES = Object.keys(OPTIONS) as (keyof HostArgs)[];
/** Not to be shown to new users. */
const DEPRECATED = new Set<keyof HostArgs>(["jobsMayUseDocker"]);
const CURRENT = NAMES.filter((name) => !DEPRECATED.has(name));

const page = (path: string): string => readFileSync(join(ROOT, path), "utf8");
/** One stack cannot have all options: some exclude one another. */
const STACKS = ["team", "team-disks"] as const;
type Stack = (typeof STACKS)[number];
const given = (name: string, stack: Stack = "team"): any => configOf(stack)[`ci-runners:${name}`];

/** Part of the user data: what a host knows of its pool. */
async function launchTemplate(stack: Stack): Promise<{ userData: string; inputs: any }> {
  const deployment = await run(stack);
  const { inputs } = deployment.registered.find(({ type }) => type === "aws:ec2/launchTemplate:LaunchTemplate")!;
  return { userData: Buffer.from(inputs.userData, "base64").toString(), inputs };
}

describe("the example of a team's stacks", function () {
  this.timeout(120_000);

  it("has stacks of this project: each key is one that its program reads", () => {
    const known = new Set([...Object.keys(project.config).map((key) => `ci-runners:${key}`), "aws:region"]);
    const keys = STACKS.flatMap((stack) => Object.keys(configOf(stack)));
    assert.deepEqual(
      keys.filter((key) => !known.has(key)),
      [],
    );
  });

  it("is accepted by the component, and reaches each machine whole", async () => {
    const { userData: script } = await launchTemplate("team");
    assert.match(script, /"docker":"rootless"/);
    assert.match(script, /"packages":\["jq"\]/);
    assert.match(script, /"script":\{"key":"host-bundles\/[0-9a-f]{64}\.setup","sha256":"[0-9a-f]{64}"\}/);
    assert.match(script, /"REQUESTS_CA_BUNDLE":"\/etc\/ssl\/certs\/ca-certificates\.crt"/);
    assert.match(script, /"https":"http:\/\/proxy\.team\.internal:3128"/);
    assert.match(script, /"group":"\/ci-runners\//);
    assert.match(script, /"freeSpace":2/);
    const [certificate] = given("caBundle").match(/[A-Za-z0-9+/=]{60,}/);
    assert.ok(script.includes(certificate), "the authority of the proxy is not among those of the machine");
  });

  it("is accepted with the options of the other stack, which has its disks and reaches AWS by the proxy", async () => {
    const { userData: script, inputs } = await launchTemplate("team-disks");
    assert.match(script, /"docker":"rootless"/);
    assert.match(script, /"instanceStore":true/);
    assert.match(script, /"\/cache"/);
    assert.match(script, /"awsByProxy":true/);
    assert.match(script, /"setupTimeout":600/);
    const disks = inputs.blockDeviceMappings.map(({ ebs }: any) => [ebs.volumeType, ebs.volumeSize, ebs.iops]);
    assert.deepEqual(disks, [
      ["io2", 60, 8000],
      ["gp3", 100, 6000],
    ]);
  });

  it("has an authority that stays valid for as long as anyone will copy it", () => {
    const { validFrom, validTo, ca } = new X509Certificate(given("caBundle"));
    assert.ok(ca);
    assert.ok(Date.parse(validFrom) <= Date.UTC(2026, 0, 1) && Date.parse(validTo) >= Date.UTC(2055, 0, 1), `${validFrom} to ${validTo}`);
  });

  it("says why each of its options is there", () => {
    const readme = page("examples/team/README.md");
    const used = NAMES.filter((name) => STACKS.some((stack) => given(name, stack) !== undefined));
    const unexplained = used.filter((name) => !new RegExp(`^\\| [^|]*\`${name}[:\`]`, "m").test(readme));
    assert.deepEqual(unexplained, []);
  });
});

describe("each option of the host", () => {
  const missing = (path: string, names: readonly string[]) => {
    const text = page(path);
    // As a name, and not as a word of the text, which "volumes" or "packages" may be on any page.
    return names.filter((name) => !new RegExp(`\`${name}[:.\`]`).test(text));
  };

  it("is an argument of the component, as the reference has it", () => {
    const { inputProperties } = schema.resources["ci-runners:index:ActionsRunnerPool"];
    assert.deepEqual(
      NAMES.filter((name) => !(name in inputProperties)),
      [],
    );
    assert.deepEqual(missing("docs/reference.md", NAMES), []);
  });

  it("is in an example, unless it is deprecated", () => {
    const shown = CURRENT.filter((name) => STACKS.some((stack) => given(name, stack) !== undefined));
    assert.deepEqual(shown, CURRENT);
  });

  it("is described on the page about machines, unless it is deprecated", () => {
    assert.deepEqual(missing("docs/machines.md", CURRENT), []);
  });

  it("is on the page about hostile jobs where it opens something to them", () => {
    const opening = NAMES.filter((name) => OPTIONS[name] === "opens something to jobs");
    assert.deepEqual(missing("docs/security.md", opening), []);
  });
});
