import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { UsageError } from "../../cli/options";
import { workflowJobsNames } from "../../contract/workflow-jobs/names";
import type { SetupResult } from "../../contract/workflow-jobs/webhook";
import { setupTrigger } from "../../functions/workflow-jobs/setup/trigger";
import { RotationError, rotateWebhookSecret } from "../../webhook-secret/rotate";
import { ACCOUNT, type AwsHarness, deployRole, startHarness } from "../rehearsal/aws/harness";
import { deployFunction } from "../rehearsal/aws/lambda/deployed-functions";

const ROOT = resolve(__dirname, "../..");
const ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:ci-runners-webhook/jobs-AbCdEf";

/** Answers like the setup function, and prints what it was invoked with. */
const answering = (result: SetupResult) =>
  `export const handler = async (event) => { console.log(JSON.stringify(event)); return ${JSON.stringify(result)}; }`;

describe("npm run rotate-webhook-secret", () => {
  let harness: AwsHarness;
  let printed: string[];
  before(async () => {
    harness = await startHarness();
    deployFunction(harness, workflowJobsNames("jobs").setupFunction, answering({ secretArn: ARN, left: [] }));
    deployFunction(
      harness,
      workflowJobsNames("manual").setupFunction,
      answering({ secretArn: ARN, left: ['set the new\nsecret at "GitHub"'] }),
    );
    deployFunction(harness, workflowJobsNames("idle").setupFunction, answering({ left: [] }));
    const code = "export const handler = async () => { throw new Error('the App\\'s webhook points\\nelsewhere'); }";
    deployFunction(harness, workflowJobsNames("broken").setupFunction, code);
  });
  after(() => harness.end());
  beforeEach(() => (printed = []));

  type Principal = Parameters<AwsHarness["credentials"]["issue"]>[0];
  const endpoint = () => `http://127.0.0.1:${harness.front.httpPort}`;
  function run(argv: string[], principal: Principal = { kind: "operator" }): Promise<number> {
    const { accessKeyId, secretAccessKey } = harness.credentials.issue(principal);
    const credentials = { accessKeyId, secretAccessKey };
    const lambda = (region = ACCOUNT.region) => new LambdaClient({ region, endpoint: endpoint(), credentials, maxAttempts: 1 });
    return rotateWebhookSecret(argv, { lambda, print: (line) => printed.push(line) });
  }

  it("invokes the setup function of that name with what it takes for a rotation, and says that it is done", async () => {
    assert.equal(await run(["--name", "jobs"]), 0);
    const { line } = harness.lambda.logs.at(-1)!;
    assert.deepEqual(setupTrigger(JSON.parse(line), "jobs"), { kind: "rotate" });
    assert.deepEqual(printed, [
      `The webhook's secret of jobs is rotated: ${ARN}.`,
      "The former one is accepted until the next rotation: to revoke it, run the command again.",
    ]);
  });

  it("shows in a line what is left to the operator, or a webhook of one's own would keep the former secret", async () => {
    await run(["--name", "manual"]);
    assert.deepEqual(printed.slice(2), ['Left to do: set the new secret at "GitHub"']);
  });

  it("never calls a failed rotation done, and gives the function's reason in one line", async () => {
    await assert.rejects(run(["--name", "broken"]), (error: Error) => {
      assert.ok(error instanceof RotationError);
      assert.match(error.message, /^the function broken-setup in \S+ failed: the App's webhook points elsewhere\. .*repeat the command$/);
      return true;
    });
    await assert.rejects(run(["--name", "idle"]), { message: /idle-setup in \S+ rotated nothing/ });
    assert.deepEqual(printed, []);
  });

  it("distinguishes a name without a function, which is the operator's mistake, from a caller who may not invoke it", async () => {
    await assert.rejects(run(["--name", "other"]), (error) => {
      assert.ok(error instanceof UsageError);
      assert.match(
        error.message,
        /^--name other: the function other-setup in \S+ does not exist; check the name, the Region and the account$/,
      );
      return true;
    });
    deployRole(harness.store, "stranger", []);
    await assert.rejects(run(["--name", "jobs"], { kind: "function", functionName: "stranger", roleName: "stranger" }), (error) => {
      assert.ok(error instanceof RotationError);
      assert.match(error.message, /^the function jobs-setup in \S+ could not be invoked: \w+: [^\n]+$/);
      return true;
    });
  });

  const invalid: [string[], RegExp][] = [
    [[], /^--name: give the stack's output workflowJobsName$/],
    [["--name", "arn:aws:lambda:x"], /^--name arn:aws:lambda:x: give the stack's output/],
    [["--name", "jobs", "--region", "Frankfurt"], /^--region Frankfurt: give a Region such as/],
    [["jobs"], /Unexpected argument 'jobs'/],
  ];
  for (const [argv, reason] of invalid) {
    it(`refuses "${argv.join(" ")}" and invokes nothing`, async () => {
      const before = harness.lambda.logs.length;
      await assert.rejects(run(argv), (error) => error instanceof UsageError && reason.test(error.message));
      assert.equal(harness.lambda.logs.length, before);
    });
  }

  describe("as a process", function () {
    this.timeout(60_000);

    /** Without a profile of this machine's user. */
    function started(args: string[], more: Record<string, string> = {}) {
      const { accessKeyId, secretAccessKey } = harness.credentials.issue({ kind: "operator" });
      const env = {
        PATH: process.env.PATH,
        AWS_CONFIG_FILE: "/dev/null",
        AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_ENDPOINT_URL_LAMBDA: endpoint(),
        // The SDK's, about the version of Node.js.
        NODE_NO_WARNINGS: "1",
        ...more,
      };
      const argv = ["-r", "ts-node/register", "webhook-secret/main.ts", ...args];
      return new Promise<[number | undefined, string, string]>((done) => {
        const child = execFile(process.execPath, argv, { cwd: ROOT, env }, (_error, stdout, stderr) =>
          done([child.exitCode ?? undefined, stdout, stderr]),
        );
      });
    }

    it("exits with 0 once rotated, with 1 and one line after a failure, and with 2 and one line for bad input or no Region", async () => {
      const [done, output] = await started(["--name", "jobs"], { AWS_REGION: ACCOUNT.region });
      assert.deepEqual([done, output.split("\n").length], [0, 3]);
      const [failed, nothing, reason] = await started(["--name", "broken", "--region", ACCOUNT.region]);
      assert.deepEqual([failed, nothing, reason.split("\n").length], [1, "", 2]);
      const [bad, , complaint] = await started(["--name", "j"]);
      assert.deepEqual([bad, complaint.split("\n").length], [2, 2]);
      const [nowhere, , missing] = await started(["--name", "jobs"]);
      assert.equal(nowhere, 2);
      assert.match(missing, /^--region: give one, or set AWS_REGION \(Region is missing\)\n$/);
    });

    it("prints its help without credentials", async () => {
      const [code, help, complaints] = await started(["--help"]);
      assert.deepEqual([code, complaints], [0, ""]);
      assert.match(help, /^Usage: npm run rotate-webhook-secret -- --name NAME/);
    });
  });
});
