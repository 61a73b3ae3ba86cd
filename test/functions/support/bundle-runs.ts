import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { functionFile, functionKey } from "../../../components/shared/package-layout";
import { ENV, SECRET_TAGS_FILE } from "../../../contract/actions-runner-pool/environment";
import { sharedTokenName } from "../../../contract/actions-runner-pool/names";
import { builtFunctions } from "../../support/built";
import { type Operations, awsEndpoint, awsError, operationOf } from "./aws";
import { runBundle } from "./bundle";
import { INSTANCE, NAMES, POOL } from "./events";
import { LoopbackServer, type Respond } from "./server";

/** An App's private key. */
export const KEY = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs1", format: "pem" }).toString();

/** GitHub with an App; `answer` handles authenticated requests. */
const gitHubWith =
  (answer: Respond): Respond =>
  (request) => {
    if (request.path === "/orgs/octo-org/installation") return { body: { id: 34 } };
    if (request.path === "/app/installations/34/access_tokens") {
      return { status: 201, body: { token: "ghs_installation", expires_at: "2099-01-01T00:00:00Z", permissions: {} } };
    }
    const core = { limit: 5_000, remaining: 5_000, reset: Math.ceil(Date.now() / 1000) + 3_600 };
    if (request.path === "/rate_limit") return { body: { resources: { core }, rate: core } };
    return request.headers.authorization === "token ghs_installation" ? answer(request) : { status: 401, body: {} };
  };

export const RUNNERS = "/orgs/octo-org/actions/runners";
export const runner = (fields: object = {}) => ({ id: 7, name: INSTANCE, status: "online", busy: false, labels: [], ...fields });
export const listed = (...runners: object[]) => ({ body: { total_count: runners.length, runners } });
/** Instances and their lifecycle states in Auto Scaling's XML. */
export const members = (kind: string, ids: [string, string][]) =>
  `<${kind}>${ids.map(([id, state]) => `<member><InstanceId>${id}</InstanceId><LifecycleState>${state}</LifecycleState></member>`).join("")}</${kind}>`;

/** A registration token that an earlier sweep has stored, valid for long. */
const SHARED = { token: "SHARED", expiresAt: "2099-01-01T00:00:00Z" };
const SHARED_NAME = sharedTokenName(NAMES.secretPrefix);

/** Secrets Manager with the App's key and, if given, the token that the functions share. */
const secretsWith =
  (shared?: object): Operations[string] =>
  ({ SecretId }) => {
    if (SecretId !== SHARED_NAME) return { Name: SecretId, SecretString: KEY };
    const missing = "Secrets Manager can't find the specified secret.";
    return shared ? { Name: SecretId, SecretString: JSON.stringify(shared) } : awsError("ResourceNotFoundException", missing);
  };
export const NO_SHARED_TOKEN: Operations = { GetSecretValue: secretsWith() };

/** Tags of the pool, in the file that the component packs with the functions. */
export const TAGS = { Name: POOL, team: "build" };

/** Runs the deployed bundles, each in a separate process, against AWS's and GitHub's wire protocols. */
export function bundleRuns() {
  let aws: LoopbackServer;
  let gitHub: LoopbackServer;

  before(() => builtFunctions());

  afterEach(async () => {
    await aws.stop();
    await gitHub.stop();
  });

  async function run(
    name: "register" | "deregister" | "sweep" | "scale",
    events: unknown[],
    operations: Operations,
    respond: Respond,
    environment = {},
  ) {
    aws = await new LoopbackServer(awsEndpoint({ GetSecretValue: secretsWith(SHARED), ...operations })).start();
    gitHub = await new LoopbackServer(gitHubWith(respond)).start();
    const file = join(await builtFunctions(), functionFile(functionKey("actions-runner-pool", name)));
    writeFileSync(join(dirname(file), SECRET_TAGS_FILE), JSON.stringify(TAGS));
    const result = await runBundle(
      file,
      {
        LAMBDA_TASK_ROOT: dirname(file),
        AWS_REGION: "eu-central-1",
        AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
        AWS_SECRET_ACCESS_KEY: "secret",
        AWS_ENDPOINT_URL: aws.url,
        // Set by the component; it must not add a dimension to the metrics.
        POWERTOOLS_SERVICE_NAME: name,
        [ENV.pool]: POOL,
        [ENV.githubApiUrl]: gitHub.url,
        [ENV.githubOrganization]: "octo-org",
        [ENV.githubAppId]: "12",
        [ENV.githubPrivateKeySecretArn]: "arn:aws:secretsmanager:eu-central-1:123456789012:secret:key",
        [ENV.hostRoleId]: "AROAEXAMPLE",
        [ENV.maxDrainSeconds]: "3600",
        [ENV.refreshPreferences]: "{}",
        ...environment,
      },
      events,
    );
    const awsCalls = aws.seen.map(operationOf);
    const all = (operation: string) => aws.seen.filter((one) => operationOf(one) === operation).map(({ body }) => JSON.parse(body));
    /** Of the first such call. */
    const parameters = (operation: string) => all(operation)[0] ?? {};
    return { ...result, awsCalls, all, parameters };
  }

  return {
    run,
    /** The stand-ins of the latest run. */
    get aws() {
      return aws;
    },
    get gitHub() {
      return gitHub;
    },
  };
}
