import assert from "node:assert/strict";
import { rootCertificates } from "node:tls";
import { ActionsRunnerPool, type ActionsRunnerPoolArgs } from "../../../components";
import { hostConfig } from "../../../components/actions-runner-pool/host-config";
import { resolveSettings } from "../../../components/actions-runner-pool/settings";
import { PATHS } from "../../../contract/actions-runner-pool/host";
import { AUTHORITIES_FILE } from "../../../contract/shared/github-environment";
import type { PolicyDocument } from "../../../components/shared/policy";
import { Deployment } from "../mocks";
import { PROGRAM, SECRET_ARN, poolArgs } from "./pool-args";

const FUNCTION = "aws:lambda/function:Function";
const FUNCTIONS = ["register", "deregister", "sweep"];
const [FIRST = "", SECOND = ""] = rootCertificates;
const github = { organization: "o", tokenSecretArn: SECRET_ARN, apiUrl: "https://github.corp.internal/api/v3" };

async function deploy(changes: Partial<ActionsRunnerPoolArgs>): Promise<Deployment> {
  const deployment = await Deployment.start();
  new ActionsRunnerPool("runners", poolArgs({ poolName: "pool", ...changes }));
  await deployment.settled();
  return deployment;
}

describe("functions in a VPC", () => {
  it("run in their own subnets, with the instances' security groups unless they have their own", async () => {
    const functions = { subnetIds: ["subnet-0c", "subnet-0d"] };
    const shared = await deploy({ functions });
    const own = await deploy({ functions: { ...functions, securityGroupIds: ["sg-0f"] } });
    const { vpcSecurityGroupIds } = shared.only("aws:ec2/launchTemplate:LaunchTemplate").inputs;
    for (const key of FUNCTIONS) {
      const network = (deployment: Deployment) => deployment.named(FUNCTION, `runners-${key}`).inputs.vpcConfig;
      assert.deepEqual(network(shared), { ...functions, securityGroupIds: vpcSecurityGroupIds });
      assert.deepEqual(network(own), { ...functions, securityGroupIds: ["sg-0f"] });
    }
    assert.equal((await deploy({})).named(FUNCTION, "runners-register").inputs.vpcConfig, undefined);
  });

  it("let Lambda attach them, and deny the same to their own code", async () => {
    const statements = async (changes: Partial<ActionsRunnerPoolArgs>, key: string) => {
      const { policy } = (await deploy(changes)).named("aws:iam/rolePolicy:RolePolicy", `runners-${key}`).inputs;
      const { Statement } = JSON.parse(policy) as PolicyDocument;
      return Statement.filter(({ Action }) => Action.some((action) => /^ec2:\w*NetworkInterface/.test(action)));
    };
    const [allowed, denied, ...others] = await statements({ functions: { subnetIds: ["subnet-0c"] } }, "sweep");
    assert.deepEqual([allowed!.Effect, denied!.Effect, others], ["Allow", "Deny", []]);
    assert.ok(allowed!.Action.includes("ec2:CreateNetworkInterface"));
    assert.deepEqual(denied!.Action, allowed!.Action);
    assert.deepEqual(denied!.Condition, {
      ArnEquals: { "lambda:SourceFunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:pool-sweep" },
    });
    assert.deepEqual(await statements({}, "sweep"), []);
  });
});

describe("private authorities", () => {
  const packed = async (caCertificates: string) => {
    const deployment = await deploy({ github: { ...github, caCertificates }, functions: { subnetIds: ["subnet-0c"] } });
    const { code, environment } = deployment.named(FUNCTION, "runners-register").inputs;
    const asset = (await (await code).assets)[AUTHORITIES_FILE];
    return { text: (await asset.text) as string, variable: environment.variables.NODE_EXTRA_CA_CERTS };
  };

  it("reach each function as a file that Node.js reads as it starts, the same one whatever stands around the certificates", async () => {
    const { text, variable } = await packed(`${FIRST}\n${SECOND}\n`);
    assert.equal(variable, `/var/task/${AUTHORITIES_FILE}`);
    assert.equal(text.match(/BEGIN CERTIFICATE/g)?.length, 2);
    const commented = await packed(`# the first\r\n${FIRST.replaceAll("\n", "\r\n")}\r\n\r\nsubject=/CN=second\n${SECOND}`);
    assert.equal(commented.text, text);
  });

  it("reach each instance by its user data, which is no longer without them", async () => {
    const userData = async (changes: Partial<ActionsRunnerPoolArgs>) => {
      const { inputs } = (await deploy(changes)).only("aws:ec2/launchTemplate:LaunchTemplate");
      return Buffer.from(inputs.userData, "base64").toString();
    };
    const without = await userData({});
    assert.ok(!without.includes(PATHS.authorities));
    const given = await userData({ github: { ...github, apiUrl: "https://ghe.example.com/api/v3", caCertificates: FIRST } });
    assert.ok(
      given.includes(`export RUNNER_AUTHORITIES='${PATHS.authorities}'`) || given.includes(`RUNNER_AUTHORITIES=${PATHS.authorities}`),
    );
    assert.ok(given.includes(FIRST.split("\n")[1]!.slice(0, 60)));
    const settings = resolveSettings("runners", poolArgs({ github: { ...github, caCertificates: FIRST } }), PROGRAM);
    assert.equal(hostConfig(settings, "us-east-1", "x64").privateAuthorities, true);
  });
});
