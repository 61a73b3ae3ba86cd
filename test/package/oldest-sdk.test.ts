import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { OLDEST_AWS_SDK } from "../../components/shared/sdk-version";
import { type InstalledPackage, installedPackage, ROOT, temporary } from "./installed-package";

const run = promisify(execFile);

/** Milliseconds for packing and for three installations by npm, on a busy machine. */
const TIMEOUT = 900_000;
/** Milliseconds for one installation, so that a registry that does not answer fails the test and does not hang it. */
const INSTALL_TIMEOUT = 300_000;

/** The last release without `instanceLifecyclePolicy`. */
const TOO_OLD = "7.38.0";

/** Prints what a pool, and a group alone, would register with the engine, as `{ TYPE NAME: INPUTS }`; no engine is needed. */
const PROGRAM = `
const pulumi = require("@pulumi/pulumi");
const aws = require("@pulumi/aws");
const registered = {};
const answers = {
  getRegion: { region: "us-east-1" },
  getPartition: { partition: "aws", dnsSuffix: "amazonaws.com" },
  getCallerIdentity: { accountId: "123456789012" },
  getDefaultTags: { tags: {} },
  getSubnet: { vpcId: "vpc-0a" },
  getInstanceType: { supportedArchitectures: ["x86_64"], memorySize: 8192, hibernationSupported: true },
  getParameter: { value: "ami-0a0000000000000a1" },
  getAmi: { architecture: "x86_64", rootDeviceName: "/dev/sda1", blockDeviceMappings: [] },
};
async function main() {
  await pulumi.runtime.setMocks({
    newResource({ type, name, inputs }) {
      registered[type + " " + name] = inputs;
      const arn = "arn:aws:mock:us-east-1:123456789012:" + name;
      return { id: name + "-id", state: { ...inputs, name: inputs.name ?? name, bucket: inputs.bucket ?? name, arn, latestVersion: 1, uniqueId: "AROA" } };
    },
    call: ({ token }) => answers[token.split(":").pop()],
  }, "project", "stack", false);
  new aws.autoscaling.Group("alone", { minSize: 0, maxSize: 1, instanceLifecyclePolicy: { retentionTriggers: { terminateHookAbandon: "retain" } } });
  if (process.argv[2] === "pool") {
    const { ActionsRunnerPool } = require("ci-runners");
    new ActionsRunnerPool("runners", {
      github: { organization: "acme", app: { id: "1", privateKeySecretArn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:app-AbCdEf" } },
      runner: { version: "2.337.0", sha256: "7".repeat(64) },
      instanceType: "m7i.large",
      maxSize: 4,
      warmPool: { minSize: 1 },
      subnetIds: ["subnet-0a1b2c3d4e5f60001"],
    });
  }
  await pulumi.runtime.disconnect();
  console.log(JSON.stringify(registered));
}
main().catch((error) => { console.error(error.message); process.exit(1); });
`;

describe("the oldest SDKs that the package accepts", function () {
  this.timeout(TIMEOUT);
  let installed: InstalledPackage;
  before(async () => {
    installed = await installedPackage();
  });

  const folders: string[] = [];
  // Here rather than at the process's exit: two copies of the SDK are 37,000 files, whose removal took a busy lane a minute.
  after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

  const peers = (): Record<string, string> => JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).peerDependencies;
  const floor = (name: string) => peers()[name]!.replace(/^\^/, "");

  /** A project with the packed package and these SDKs, installed by npm with its own check of peer dependencies. */
  async function project(aws: string, pulumi: string, ...flags: string[]): Promise<string> {
    const folder = temporary("ci-runners-oldest-");
    folders.push(folder);
    const dependencies = { "@pulumi/aws": aws, "@pulumi/pulumi": pulumi, "ci-runners": `file:${installed.tarball}` };
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "user", version: "1.0.0", private: true, dependencies }));
    writeFileSync(join(folder, "register.cjs"), PROGRAM);
    const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--prefer-offline", ...flags];
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("npm_")));
    await run("npm", ["install", ...options], { cwd: folder, env, timeout: INSTALL_TIMEOUT });
    return folder;
  }

  async function registered(folder: string, what: "pool" | "group"): Promise<Record<string, any>> {
    const { stdout } = await run(process.execPath, ["register.cjs", what], { cwd: folder, maxBuffer: 1 << 26 });
    return JSON.parse(stdout);
  }

  let oldest: Promise<string> | undefined;
  const withOldest = () => (oldest ??= project(floor("@pulumi/aws"), floor("@pulumi/pulumi")));

  it("are those that construction checks, so that a package manager warns of the same versions", () => {
    assert.equal(peers()["@pulumi/aws"], `^${OLDEST_AWS_SDK}`);
    assert.match(peers()["@pulumi/pulumi"]!, /^\^3\.\d+\.0$/);
  });

  it("register the same resources with the same inputs as the newest: an older SDK drops an unknown input in silence", async () => {
    const folder = await withOldest();
    const version = (name: string) => JSON.parse(readFileSync(join(folder, "node_modules", name, "package.json"), "utf8")).version;
    assert.deepEqual([version("@pulumi/aws"), version("@pulumi/pulumi")], [floor("@pulumi/aws"), floor("@pulumi/pulumi")]);
    const old = await registered(folder, "pool");
    const group = old["aws:autoscaling/group:Group runners"];
    assert.deepEqual(group.instanceLifecyclePolicy, { retentionTriggers: { terminateHookAbandon: "retain" } });
    const newest = await registered(installed.lay("newest", { "register.cjs": PROGRAM }), "pool");
    assert.deepEqual(old, newest);
    assert.ok(Object.keys(old).length > 50);
  });

  it("have the types of everything that the components use", async () => {
    const folder = await withOldest();
    for (const layer of ["components", "contract", "host-config"]) cpSync(join(ROOT, layer), join(folder, layer), { recursive: true });
    // Contained in the package, so that npm installs none.
    symlinkSync(join(ROOT, "node_modules", "croner"), join(folder, "node_modules", "croner"));
    const { compilerOptions } = JSON.parse(readFileSync(join(ROOT, "tsconfig.json"), "utf8"));
    // Node's types come with the SDK; a second copy would declare everything twice.
    const config = { compilerOptions: { ...compilerOptions, types: ["node"] }, files: ["components/index.ts"] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    await run(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", folder]).catch((error) => assert.fail(error.stdout));
  });

  it("are needed: one release earlier the group loses its retention policy without an error, and construction refuses it", async () => {
    const folder = await project(TOO_OLD, floor("@pulumi/pulumi"), "--legacy-peer-deps");
    const without = (await registered(folder, "group"))["aws:autoscaling/group:Group alone"];
    assert.deepEqual(without, { minSize: 0, maxSize: 1 });
    await assert.rejects(registered(folder, "pool"), (error: Error & { stderr: string }) => {
      assert.match(error.stderr, /@pulumi\/aws 7\.38\.0 is too old .*instanceLifecyclePolicy\. Install 7\.39\.0 or a newer 7\.x/);
      return true;
    });
    const old = (await registered(await withOldest(), "group"))["aws:autoscaling/group:Group alone"];
    assert.deepEqual(old.instanceLifecyclePolicy, { retentionTriggers: { terminateHookAbandon: "retain" } });
  });
});
