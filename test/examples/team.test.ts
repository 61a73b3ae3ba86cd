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
const config = configOf("team");
const given = (name: string): any => config[`ci-runners:${name}`];

/** Part of the user data: what a host knows of its pool. */
async function userData(): Promise<string> {
  const deployment = await run("team");
  const template = deployment.registered.find(({ type }) => type === "aws:ec2/launchTemplate:LaunchTemplate");
  return Buffer.from(template!.inputs.userData, "base64").toString();
}

describe("the example of a team's stack", function () {
  this.timeout(120_000);

  it("is a stack of this project: each key is one that its program reads", () => {
    const known = new Set([...Object.keys(project.config).map((key) => `ci-runners:${key}`), "aws:region"]);
    assert.deepEqual(
      Object.keys(config).filter((key) => !known.has(key)),
      [],
    );
  });

  it("is accepted by the component, and reaches each machine whole", async () => {
    const script = await userData();
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

  it("has an authority that stays valid for as long as anyone will copy it", () => {
    const { validFrom, validTo, ca } = new X509Certificate(given("caBundle"));
    assert.ok(ca);
    assert.ok(Date.parse(validFrom) <= Date.UTC(2026, 0, 1) && Date.parse(validTo) >= Date.UTC(2055, 0, 1), `${validFrom} to ${validTo}`);
  });

  it("says why each of its options is there", () => {
    const readme = page("examples/team/README.md");
    const unexplained = NAMES.filter((name) => given(name) !== undefined && !new RegExp(`^\\| [^|]*\`${name}[:\`]`, "m").test(readme));
    assert.deepEqual(unexplained, []);
  });
});

describe("each option of the host", () => {
  const missing = (path: string, names: readonly string[]) => {
    const text = page(path);
    return names.filter((name) => !new RegExp(`\\b${name}\\b`).test(text));
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
    assert.deepEqual(missing("examples/team/README.md", CURRENT), []);
  });

  it("is described on the page about machines, unless it is deprecated", () => {
    assert.deepEqual(missing("docs/machines.md", CURRENT), []);
  });

  it("is on the page about hostile jobs where it opens something to them", () => {
    const opening = NAMES.filter((name) => OPTIONS[name] === "opens something to jobs");
    assert.deepEqual(missing("docs/security.md", opening), []);
  });
});
