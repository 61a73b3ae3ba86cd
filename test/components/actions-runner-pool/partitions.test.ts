import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ActionsRunnerPool } from "../../../components";
import { ROOT, sources } from "../../support/imports";
import { Deployment, type Registered, failure } from "../mocks";
import { poolArgs } from "./pool-args";

/** Independent of the library's own table; from botocore's partitions.json. */
const PARTITIONS = [
  { partition: "aws", region: "eu-central-1", dnsSuffix: "amazonaws.com", ec2: "ec2.amazonaws.com" },
  { partition: "aws-us-gov", region: "us-gov-west-1", dnsSuffix: "amazonaws.com", ec2: "ec2.amazonaws.com" },
  { partition: "aws-cn", region: "cn-northwest-1", dnsSuffix: "amazonaws.com.cn", ec2: "ec2.amazonaws.com.cn" },
  { partition: "aws-eusc", region: "eusc-de-east-1", dnsSuffix: "amazonaws.eu", ec2: "ec2.amazonaws.com" },
];

const ISOLATED = [
  { partition: "aws-iso", region: "us-iso-east-1", dnsSuffix: "c2s.ic.gov" },
  { partition: "aws-iso-b", region: "us-isob-east-1", dnsSuffix: "sc2s.sgov.gov" },
];

/** Principals of services, which are the same in every partition. */
const PRINCIPALS = ["events.amazonaws.com", "lambda.amazonaws.com"];

const HOST = /[a-z0-9][a-z0-9.-]*\.(?:amazonaws\.com\.cn|amazonaws\.com|amazonaws\.eu|c2s\.ic\.gov|sc2s\.sgov\.gov)(?![a-z.-])/g;

function poolIn({ partition, region }: { partition: string; region: string }): ActionsRunnerPool {
  const privateKeySecretArn = `arn:${partition}:secretsmanager:${region}:123456789012:secret:app-AbCdEf`;
  return new ActionsRunnerPool("runners", poolArgs({ github: { organization: "acme", app: { id: "1", privateKeySecretArn } } }));
}

/** Every text that the pool sends to AWS, the user data decoded, as `path` and `text`. */
function texts(resources: Registered[]): { path: string; text: string }[] {
  const found: { path: string; text: string }[] = [];
  const visit = (path: string, value: unknown): void => {
    if (typeof value === "string") {
      found.push({ path, text: path.endsWith(".userData") ? Buffer.from(value, "base64").toString() : value });
    } else if (typeof value === "object" && value !== null) {
      for (const [key, one] of Object.entries(value)) {
        visit(`${path}.${key}`, one);
        visit(`${path}.key`, key);
      }
    }
  };
  for (const { type, name, inputs } of resources) visit(`${type} ${name}`, inputs);
  return found;
}

describe("a pool in another partition of AWS", () => {
  for (const { partition, region, dnsSuffix, ec2 } of PARTITIONS) {
    it(`sends AWS no ARN and no address of a partition other than ${partition}`, async () => {
      const deployment = await Deployment.start({ place: { partition, region, dnsSuffix } });
      poolIn({ partition, region });
      const all = texts(await deployment.settled());
      const arns = all.flatMap(({ path, text }) => [...text.matchAll(/\barn:([^:]*):/g)].map(([, used]) => `${path}: ${used}`));
      assert.ok(arns.length > 40, `${arns.length} ARNs: are the policies read at all?`);
      assert.deepEqual(
        arns.filter((one) => !one.endsWith(`: ${partition}`)),
        [],
      );
      const hosts = all.flatMap(({ path, text }) => [...text.matchAll(HOST)].map(([host]) => ({ path, host })));
      const principals = [...PRINCIPALS, ec2];
      const foreign = hosts.filter(({ host }) => !principals.includes(host) && !isBelow(host, dnsSuffix));
      assert.deepEqual(foreign, []);
      const addresses = hosts.filter(({ path, host }) => path.endsWith(".userData") && host.includes(region)).map(({ host }) => host);
      assert.ok(addresses.includes(`autoscaling.${region}.${dnsSuffix}`), String(addresses));
      assert.ok(
        addresses.some((host) => host.endsWith(`.s3.${region}.${dnsSuffix}`)),
        String(addresses),
      );
    });

    it(`lets EC2 and Lambda assume their roles by the principals that IAM knows in ${partition}`, async () => {
      const deployment = await Deployment.start({ place: { partition, region, dnsSuffix } });
      poolIn({ partition, region });
      await deployment.settled();
      const services = deployment
        .of("aws:iam/role:Role")
        .map(({ name, inputs }) => [name, JSON.parse(inputs.assumeRolePolicy).Statement[0].Principal.Service]);
      assert.deepEqual(Object.fromEntries(services), {
        "runners-host": ec2,
        "runners-register": "lambda.amazonaws.com",
        "runners-deregister": "lambda.amazonaws.com",
        "runners-sweep": "lambda.amazonaws.com",
      });
    });
  }

  for (const place of ISOLATED) {
    it(`is refused in ${place.partition}, which reaches no GitHub, before anything is created`, async () => {
      const deployment = await Deployment.start({ place });
      const error = await failure(() => poolIn(place));
      assert.match(error.message, new RegExp(`^aws:region = "${place.region}": its partition ${place.partition} is not supported: GitHub`));
      assert.match(error.message, /Use a Region of aws-cn, aws-us-gov, aws-eusc, aws\.$/);
      assert.deepEqual(deployment.children, []);
    });
  }

  it("is refused where the provider knows another domain than this release, whose user data would find no service", async () => {
    const deployment = await Deployment.start({ place: { partition: "aws", region: "eu-central-9", dnsSuffix: "amazonaws.example" } });
    const error = await failure(() => poolIn({ partition: "aws", region: "eu-central-9" }));
    assert.match(error.message, /^aws:region = "eu-central-9": .*amazonaws\.example.*newer release/);
    assert.deepEqual(deployment.children, []);
  });

  it("has no partition or domain written in what is deployed, besides the table and the principals", () => {
    const deployed = sources().filter((file) => /^(components|host-config|functions|contract|stack-config)\//.test(file));
    const literals = deployed.flatMap((file) => {
      const code = readFileSync(join(ROOT, file), "utf8").replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/ .*$/gm, "");
      return [...code.matchAll(/["'`][^"'`\n]*(arn:aws|amazonaws|amazonwebservices)[^"'`\n]*["'`]/g)].map(([text]) => `${file}: ${text}`);
    });
    const allowed = [
      /^contract\/aws\/partitions\.ts: /,
      /: "(lambda|events)\.amazonaws\.com"$/,
      /^contract\/shared\/workflow-token\.ts: "sts\.amazonaws\.com"$/,
      /--aws-service-name spot\.amazonaws\.com"$/,
    ];
    assert.ok(literals.length > 6, String(literals));
    assert.deepEqual(
      literals.filter((one) => !allowed.some((pattern) => pattern.test(one))),
      [],
    );
  });
});

/** `amazonaws.com` is no domain above `x.amazonaws.com.cn`, and the other way round. */
function isBelow(host: string, dnsSuffix: string): boolean {
  return host.endsWith(`.${dnsSuffix}`);
}
