import { join } from "node:path";
import { functionFile, functionKey } from "../../../../components/shared/package-layout";
import { GITHUB_ENV } from "../../../../contract/shared/github-environment";
import { WORKFLOW_JOBS_ENV } from "../../../../contract/workflow-jobs/environment";
import { LEDGER } from "../../../../contract/workflow-jobs/ledger";
import { WORKFLOW_JOBS_DIMENSION } from "../../../../contract/workflow-jobs/metrics";
import { workflowJobsNames } from "../../../../contract/workflow-jobs/names";
import type { LedgerTable } from "../../../../functions/shared/ledger/table";
import { ledgerTable } from "../../../../functions/workflow-jobs/shared/ledger-client";
import { builtFunctions } from "../../../support/built";
import { type Operations, awsEndpoint } from "../../support/aws";
import { metrics, runBundle } from "../../support/bundle";
import { KEY } from "../../support/bundle-runs";
import { TestDynamoDb } from "../../support/dynamodb";
import { LoopbackServer, type Respond } from "../../support/server";
import { URL_OF_WEBHOOK } from "./harness";
import { SECRET } from "./payloads";

export const NAME = "jobs";
const NAMES = workflowJobsNames(NAME);

/** Runs the deployed bundles in processes of their own, against DynamoDB, the other services' wire protocols and GitHub's API. */
export function workflowJobsBundles() {
  const dynamoDb = new TestDynamoDb();
  const state = {} as { aws: LoopbackServer; gitHub: LoopbackServer; table: LedgerTable };

  before(async () => {
    await builtFunctions();
    await dynamoDb.start();
    state.table = ledgerTable(dynamoDb.client, await dynamoDb.table(LEDGER, NAMES.table), { now: () => Date.now() });
  });
  after(() => dynamoDb.stop());
  afterEach(async () => {
    await state.aws.stop();
    await state.gitHub.stop();
  });

  async function run(name: "webhook" | "reconcile" | "setup", events: unknown[], operations: Operations, respond: Respond) {
    state.aws = await new LoopbackServer(awsEndpoint({ ...SECRETS, ...operations })).start();
    state.gitHub = await new LoopbackServer(gitHubApp(respond)).start();
    const file = join(await builtFunctions(), functionFile(functionKey("workflow-jobs", name)));
    const result = await runBundle(
      file,
      {
        PRINT_RESULTS: "1",
        LAMBDA_TASK_ROOT: join(file, ".."),
        AWS_REGION: "eu-central-1",
        AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
        AWS_SECRET_ACCESS_KEY: "secret",
        AWS_ENDPOINT_URL: state.aws.url,
        AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.url,
        [WORKFLOW_JOBS_ENV.name]: NAME,
        [WORKFLOW_JOBS_ENV.webhookScope]: "app",
        [WORKFLOW_JOBS_ENV.webhookUrl]: URL_OF_WEBHOOK,
        [GITHUB_ENV.githubApiUrl]: state.gitHub.url,
        [GITHUB_ENV.githubOrganization]: "octo-org",
        [GITHUB_ENV.githubAppId]: "12",
        [GITHUB_ENV.githubPrivateKeySecretArn]: "arn:aws:secretsmanager:eu-central-1:123456789012:secret:key",
      },
      events,
    );
    const results = result.lines.flatMap((line) => ("result" in line ? [line.result] : []));
    return { ...result, results, metrics: metrics(result, WORKFLOW_JOBS_DIMENSION) };
  }

  return { run, state };
}

/** The App's key, and the webhook's secret. */
const SECRETS: Operations = {
  GetSecretValue: ({ SecretId }) => ({
    ARN: `arn:aws:secretsmanager:eu-central-1:123456789012:secret:${SecretId}-a1B2c3`,
    SecretString: SecretId === NAMES.webhookSecret ? JSON.stringify({ current: SECRET, url: URL_OF_WEBHOOK }) : KEY,
  }),
};

/** GitHub with an App; `respond` handles what is authorized, by the App's JWT or the installation's token. */
function gitHubApp(respond: Respond): Respond {
  return (request) => {
    const { authorization = "" } = request.headers;
    if (request.path === "/orgs/octo-org/installation") return { body: { id: 34 } };
    if (request.path === "/app/installations/34/access_tokens") {
      return { status: 201, body: { token: "ghs_installation", expires_at: "2099-01-01T00:00:00Z", permissions: {} } };
    }
    const asApp = request.path.startsWith("/app");
    const authorized = asApp ? /^bearer ey/i.test(authorization) : authorization === "token ghs_installation";
    return authorized ? respond(request) : { status: 401, body: { message: "Bad credentials" } };
  };
}
