import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ProviderOptions } from "../../rehearsal/provider/backend";
import { type Deployed, deployAndDestroy } from "../package/deployment";
import { type InstalledPackage, installedPackage } from "../package/installed-package";
import { complaints, EXAMPLES, exampleFolders, read, typescriptExamples } from "./projects";

const yaml = require("js-yaml") as { load(text: string): any };

const GROUP = "aws:autoscaling/group:Group";
const TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate";
const ROLE = "aws:iam/role:Role";
const OWN_IMAGE = "ami-0abcdef0123456789";
const JAMMY_ARM64 = "ami-0a220400000000001";
const VPC = "vpc-0a1b2c3d4e5f60000";
const [PRIVATE, PUBLIC, STRANGER] = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60009", "subnet-0a1b2c3d4e5f60008"];

/** The account that the examples run in: images, parameters, and subnets, of which one example may use only one. */
const FACTS: ProviderOptions["facts"] = {
  parameters: {
    "/example-org/images/runner-ubuntu-24.04-amd64": OWN_IMAGE,
    "/aws/service/canonical/ubuntu/server/22.04/stable/current/arm64/hvm/ebs-gp2/ami-id": JAMMY_ARM64,
  },
  images: {
    [OWN_IMAGE]: { architecture: "x86_64", rootDeviceName: "/dev/sda1" },
    [JAMMY_ARM64]: { architecture: "arm64", rootDeviceName: "/dev/sda1" },
  },
  subnets: {
    [PRIVATE!]: { vpcId: VPC, availabilityZone: "us-east-1a", tags: { tier: "private" } },
    [PUBLIC!]: { vpcId: VPC, availabilityZone: "us-east-1b", tags: { tier: "public" } },
    [STRANGER!]: { vpcId: "vpc-0a1b2c3d4e5f60009", availabilityZone: "us-east-1b", tags: { tier: "private" } },
  },
};

const only = (found: Record<string, any>[]): Record<string, any> => {
  assert.equal(found.length, 1);
  return found[0]!;
};
const configOf = (name: string): Record<string, any> => yaml.load(read(name, "Pulumi.dev.yaml")).config;
const userData = (template: Record<string, any>): string => Buffer.from(template.userData, "base64").toString();

/** States of the created resources of a type. */
const states = (deployed: Deployed, type: string) => deployed.of(type).map(({ outputs }) => outputs);

/** What is specific to each example, and the check of its deployment. */
const SPECIAL: Record<string, [promise: string, check: (deployed: Deployed) => void]> = {
  minimal: [
    "is one on-demand pool in the given subnets without a warm pool",
    (deployed) => {
      const group = only(states(deployed, GROUP));
      assert.deepEqual(group.vpcZoneIdentifiers, configOf("minimal")["ci-runners-minimal:subnetIds"]);
      assert.deepEqual([group.warmPool, group.mixedInstancesPolicy], [undefined, undefined]);
    },
  ],
  "two-pools": [
    "keeps its two pools apart in names, roles, labels and secrets",
    (deployed) => {
      const groups = states(deployed, GROUP);
      assert.deepEqual(groups.map(({ name }) => name).sort(), [
        deployed.outputs.largeGroupName!.value,
        deployed.outputs.smallGroupName!.value,
      ]);
      const profiles = states(deployed, TEMPLATE).map(({ iamInstanceProfile }) => iamInstanceProfile.arn);
      assert.equal(new Set(profiles).size, 2);
      const scripts = states(deployed, TEMPLATE).map(userData);
      for (const pattern of [/"secretPrefix":"([^"]+)"/, /"labels":\[([^\]]+)\]/]) {
        const [one, other] = scripts.map((script) => script.match(pattern)?.[1]);
        assert.ok(one && other && !one.startsWith(other) && !other.startsWith(one), `${pattern}: ${one} and ${other}`);
      }
      const policies = states(deployed, "aws:iam/rolePolicy:RolePolicy");
      assert.equal(new Set(policies.map(({ role }) => role)).size, states(deployed, ROLE).length);
      const both = groups.map(({ name }) => name as string);
      for (const { name, policy } of policies) {
        const named = both.filter((group) => policy.includes(group));
        assert.ok(named.length <= 1, `${name} grants access to both pools`);
      }
      assert.ok(
        policies.some(({ policy }) => policy.includes(both[0])),
        "no policy names a pool: the check above checks nothing",
      );
    },
  ],
  "existing-vpc-own-ami": [
    "uses only the private subnets of its VPC, creates none, and boots the parameter's image without a download",
    (deployed) => {
      assert.deepEqual(only(states(deployed, GROUP)).vpcZoneIdentifiers, [PRIVATE]);
      for (const type of ["vpc:Vpc", "subnet:Subnet"]) assert.deepEqual(states(deployed, `aws:ec2/${type}`), []);
      assert.equal(only(states(deployed, "aws:ec2/securityGroup:SecurityGroup")).vpcId, VPC);
      const template = only(states(deployed, TEMPLATE));
      assert.equal(template.imageId, OWN_IMAGE);
      assert.ok(!userData(template).includes("runnerArchive"));
    },
  ],
  "arm64-hibernated": [
    "keeps exactly two hibernated spares on arm64, on an encrypted volume that holds their memory",
    (deployed) => {
      const { warmPool } = only(states(deployed, GROUP));
      assert.deepEqual([warmPool.poolState, warmPool.minSize, warmPool.maxGroupPreparedCapacity], ["Hibernated", 2, 2]);
      const template = only(states(deployed, TEMPLATE));
      assert.deepEqual([template.imageId, template.hibernationOptions], [JAMMY_ARM64, { configured: true }]);
      const { encrypted, volumeSize } = template.blockDeviceMappings[0].ebs;
      assert.equal(encrypted, "true");
      assert.ok(volumeSize > 8);
      assert.match(userData(template), /actions-runner-linux-arm64-/);
    },
  ],
  spot: [
    "mixes Spot of four types above one on-demand instance, without a warm pool",
    (deployed) => {
      const { warmPool, mixedInstancesPolicy: mixed } = only(states(deployed, GROUP));
      assert.equal(warmPool, undefined);
      const { onDemandBaseCapacity, onDemandPercentageAboveBaseCapacity } = mixed.instancesDistribution;
      assert.deepEqual([onDemandBaseCapacity, onDemandPercentageAboveBaseCapacity], [1, 0]);
      assert.equal(mixed.launchTemplate.overrides.length, 4);
    },
  ],
  persistent: [
    "is one machine on a disk of its own with its caches apart, and a workflow that names exactly this machine",
    (deployed) => {
      const instance = only(states(deployed, "aws:ec2/instance:Instance"));
      const { id } = only(deployed.of("aws:ec2/instance:Instance"));
      assert.deepEqual([instance.instanceInitiatedShutdownBehavior, instance.disableApiTermination], ["stop", false]);
      const volume = only(states(deployed, "aws:ebs/volume:Volume"));
      assert.deepEqual([volume.size, volume.availabilityZone], [100, instance.availabilityZone]);
      const attachment = only(states(deployed, "aws:ec2/volumeAttachment:VolumeAttachment"));
      assert.deepEqual([attachment.instanceId, attachment.volumeId], [id, only(deployed.of("aws:ebs/volume:Volume")).id]);
      assert.equal(deployed.outputs.instanceId!.value, id);
      const workflow: string = deployed.outputs.workflowYaml!.value;
      assert.deepEqual([...new Set(workflow.match(/\bi-[0-9a-f]{8,17}\b/g))], [id]);
    },
  ],
  "with-demand": [
    "has no instance of its own accord, and follows the queue of the source beside it",
    (deployed) => {
      const group = only(states(deployed, GROUP));
      assert.deepEqual([group.minSize, group.desiredCapacity, group.maxSize], [0, 0, 20]);
      const table = only(states(deployed, "aws:dynamodb/table:Table"));
      const rule = states(deployed, "aws:cloudwatch/eventRule:EventRule").find(({ name }) => name.endsWith("-demand"));
      assert.deepEqual(JSON.parse(rule!.eventPattern).detail, { workflowJobs: [table.name], pool: [group.name] });
      assert.match(deployed.outputs.webhookUrl!.value, /^https:\/\/.*\.lambda-url\./);
      assert.equal(only(states(deployed, "aws:cloudwatch/dashboard:Dashboard")).dashboardName, group.name);
    },
  ],
};

/** What an example's destroy leaves in the account. */
const RETAINED: Record<string, string[]> = { persistent: ["aws:ebs/volume:Volume"] };

describe("the examples", function () {
  this.timeout(900_000);
  let installed: InstalledPackage;
  before(async () => {
    installed = await installedPackage();
  });

  it("each have a test here, so that a new example is never untested", () => {
    assert.deepEqual(typescriptExamples(), Object.keys(SPECIAL).sort());
    const tests = join(EXAMPLES, "..", "test");
    const files = readdirSync(tests, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".test.ts"));
    const sources = files.map((file) => readFileSync(join(tests, file), "utf8"));
    for (const name of exampleFolders().filter((folder) => !(folder in SPECIAL))) {
      const path = new RegExp(`examples["/, ]+${name}\\b`);
      assert.ok(
        sources.some((source) => path.test(source)),
        `no test names examples/${name}`,
      );
    }
  });

  it("compile as in a user's project, against the package's own types", () => {
    const folders = typescriptExamples().map((name) => installed.lay(name, join(EXAMPLES, name)));
    const configs = new Set(typescriptExamples().map((name) => read(name, "tsconfig.json")));
    assert.equal(configs.size, 1, "the examples' tsconfig.json differ, but all are compiled with one of them");
    assert.deepEqual(
      complaints(
        folders[0]!,
        folders.map((folder) => join(folder, "index.ts")),
      ),
      [],
    );
  });

  it("require the versions of Pulumi that the package itself is tested with", () => {
    const own = JSON.parse(readFileSync(join(EXAMPLES, "..", "package.json"), "utf8"));
    for (const name of typescriptExamples()) {
      const { dependencies } = JSON.parse(read(name, "package.json"));
      assert.equal(dependencies["ci-runners"], `^${own.version}`, name);
      for (const library of ["@pulumi/aws", "@pulumi/pulumi"]) {
        assert.equal(dependencies[library], own.devDependencies?.[library] ?? own.dependencies?.[library], `${name}: ${library}`);
      }
    }
  });

  for (const [name, [promise, check]] of Object.entries(SPECIAL)) {
    it(`${name} deploys, ${promise}, changes nothing in a second run, and leaves nothing after destroy`, async () => {
      await deployAndDestroy(installed.lay(name, join(EXAMPLES, name)), { facts: FACTS, retained: RETAINED[name] }, (deployed) => {
        check(deployed);
        const row = readFileSync(join(EXAMPLES, "README.md"), "utf8").match(new RegExp(`^\\| \\[${name}\\].*\\| (\\d+) \\|$`, "m"));
        assert.equal(row?.[1], String(deployed.resources.length), `examples/README.md counts the resources of ${name} wrongly`);
        for (const { outputs } of deployed.of(GROUP)) {
          const keys = outputs.tags.map(({ key }: { key: string }) => key);
          for (const key of ["project", "stack"]) assert.ok(keys.includes(key), key);
        }
        for (const command of read(name, "README.md").matchAll(/stack output (\w+)/g)) {
          assert.ok(command[1]! in deployed.outputs, `its README uses the unknown output ${command[1]}`);
        }
      });
    });
  }
});
