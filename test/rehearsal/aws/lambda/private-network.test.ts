import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { functionFile, functionKey } from "../../../../components/shared/package-layout";
import { certificatesOf } from "../../../../components/shared/pem";
import { vpcStatements } from "../../../../components/shared/packaged-function";
import { ENV, SECRET_TAGS_FILE } from "../../../../contract/actions-runner-pool/environment";
import { poolNames } from "../../../../contract/actions-runner-pool/names";
import { AUTHORITIES_FILE, TRUST_AUTHORITIES } from "../../../../contract/shared/github-environment";
import { ProviderBackend } from "../../../../rehearsal/provider/backend";
import { launchEvent, POOL } from "../../../functions/support/events";
import { builtFunctions } from "../../../support/built";
import { FakeAutoScaling } from "../../provider/fake-auto-scaling";
import { ACCOUNT, type AwsHarness, deployRole, startHarness } from "../harness";
import { deployFunction, LOGS } from "./deployed-functions";

const HOST = "github.corp.internal";
const SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:github-AbCdEf";
const names = poolNames(POOL);
const environment = { ...ACCOUNT, partition: "aws" };
const SECRETS = { Effect: "Allow", Action: "secretsmanager:*", Resource: "*" };
const VPC = { subnetIds: ["subnet-1"], securityGroupIds: ["sg-1"] };

describe("an Enterprise Server in a private network with a private authority", () => {
  let harness: AwsHarness;
  let bundle: string;
  before(async () => {
    bundle = readFileSync(join(await builtFunctions(), functionFile(functionKey("actions-runner-pool", "register"))), "utf8");
    harness = await startHarness({
      githubHosts: [HOST],
      privateHosts: [HOST],
      githubHandler: (_request, response) =>
        response
          .writeHead(201, { "content-type": "application/json" })
          .end(JSON.stringify({ token: "AAAA", expires_at: "2026-11-22T04:00:00Z" })),
    });
    harness.secrets.seed({ arn: SECRET, value: "ghp_token" });
  });
  after(() => harness.end());

  /** The real register function, packed and configured as the component does. */
  async function register(name: string, { inVpc = true, trusts = true }): Promise<string> {
    const variables = {
      [ENV.pool]: POOL,
      [ENV.githubApiUrl]: `https://${HOST}/api/v3`,
      [ENV.githubOrganization]: "octo-org",
      [ENV.githubTokenSecretArn]: SECRET,
      [ENV.hostRoleId]: "AROAEXAMPLE",
      ...(trusts ? TRUST_AUTHORITIES : {}),
    };
    const state = { environment: { variables }, ...(inVpc ? { vpcConfig: VPC } : {}) };
    deployFunction(harness, name, bundle, { state, statements: [LOGS, SECRETS] });
    const archive = join(harness.workDir, "code", name);
    writeFileSync(join(archive, SECRET_TAGS_FILE), "{}");
    if (trusts) writeFileSync(join(archive, AUTHORITIES_FILE), certificatesOf(readFileSync(harness.front.privateCaFile, "utf8")));
    const outcome = await harness.lambda.invoke(name, launchEvent());
    return "error" in outcome ? outcome.error.errorMessage : "registered";
  }

  it("is reached by a function in its network that has the authority's certificate [A18.3, A18.4]", async () => {
    assert.equal(await register("both", {}), "registered");
    assert.ok(harness.secrets.names().some((name) => name.startsWith(names.secretPrefix)));
  });

  it("is not trusted without that certificate [A18.4]", async () => {
    assert.match(await register("untrusting", { trusts: false }), /certificate/);
  });

  it("is not reached by a function outside of a VPC, whatever it trusts [A18.3]", async () => {
    assert.match(await register("outside", { inVpc: false }), /ENETUNREACH|fetch failed/);
  });

  describe("the permissions of a function in a VPC", () => {
    const type = "aws:lambda/function:Function";
    const urn = `urn:pulumi:test::tiny::${type}::fn`;
    const asset = { "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", text: "export {}", hash: "x" };
    const code = { "4dabf18193072939515e22adb298388d": "0def7320c3a5731c473e5ecbe6d01bc7", hash: "x", assets: { "index.mjs": asset } };
    const create = async (role: string, statements: object[]) => {
      deployRole(harness.store, role, statements);
      const backend = new ProviderBackend({
        store: harness.store,
        autoscaling: new FakeAutoScaling(),
        filesDir: harness.workDir,
        account: ACCOUNT,
      });
      const arn = `arn:aws:iam::${ACCOUNT.accountId}:role/${role}`;
      const news = { name: `fn-${role}`, role: arn, runtime: "nodejs24.x", handler: "index.handler", code, vpcConfig: VPC };
      const { inputs, failures } = backend.check({ urn, news });
      assert.deepEqual(failures, []);
      return backend.create({ urn, news: inputs });
    };

    it("are enough for Lambda, which refuses the function without them [A18.1]", async () => {
      const refusal = /The provided execution role does not have permissions to call CreateNetworkInterface on EC2/;
      await assert.rejects(create("without", [LOGS]), refusal);
      await create("with", [LOGS, ...vpcStatements(environment, "fn-with")]);
    });

    it("are denied to the function's own code, which could otherwise open interfaces in any subnet [A18.2]", () => {
      deployRole(harness.store, "curious", [LOGS, ...vpcStatements(environment, "curious")]);
      const principal = { kind: "function" as const, functionName: "curious", roleName: "curious" };
      const needed = { resource: "*", context: harness.iam.ownCallContext(principal) };
      assert.equal(harness.iam.authorise(principal, "ec2:CreateNetworkInterface", needed).allowed, false);
      assert.equal(harness.iam.authorise(principal, "ec2:CreateNetworkInterface", { resource: "*", context: {} }).allowed, true);
    });
  });
});
