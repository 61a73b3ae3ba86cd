import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { functionFile, functionKey } from "../../../../components/shared/package-layout";
import { ORDER_SECRET_TAGS_FILE, PERSISTENT_ENV } from "../../../../contract/persistent-runner/environment";
import { LEASE_KEY } from "../../../../contract/persistent-runner/lease";
import { PERSISTENT_RUNNER_DIMENSION } from "../../../../contract/persistent-runner/metrics";
import { leaseTable } from "../../../../functions/persistent-runner/shared/lease-table";
import type { LeasePorts } from "../../../../functions/persistent-runner/shared/ports";
import { builtFunctions } from "../../../support/built";
import { awsEndpoint, type Operations, operationOf } from "../../support/aws";
import { metrics, runBundle } from "../../support/bundle";
import { TestDynamoDb } from "../../support/dynamodb";
import { type Answer, LoopbackServer } from "../../support/server";
import { INSTANCE, SETTINGS } from "./harness";

const SUBJECT = "repo:octo-org/app:ref:refs/heads/main";
export const TAGS = { team: "build" };
const KEY_ID = "test-key";

interface GitHubCall {
  method: string;
  path: string;
  body: string;
}
export type GitHub = (call: GitHubCall) => { status?: number; body?: unknown };

/**
 * Runs the deployed bundles in processes of their own, against DynamoDB, the other services' wire protocols, and a GitHub Enterprise
 * Server with REST API and issuer, over TLS as any issuer is reached.
 */
export function persistentRunnerBundles() {
  const dynamoDb = new TestDynamoDb();
  const gitHubCalls: string[] = [];
  let respond: GitHub = () => ({ status: 404, body: {} });
  let gitHub: Server;
  let url: string;
  let folder: string;
  let lease: LeasePorts;
  let privateKey: CryptoKey;

  before(async () => {
    await builtFunctions();
    folder = mkdtempSync(join(tmpdir(), "persistent-bundles-"));
    const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=github"];
    const files = ["-keyout", join(folder, "key.pem"), "-out", join(folder, "ca.pem")];
    execFileSync("openssl", [...request, ...files, "-addext", "subjectAltName=DNS:localhost"], { stdio: "ignore" });
    const [cert, key] = ["ca.pem", "key.pem"].map((file) => readFileSync(join(folder, file)));
    const keys = await generateKeyPair("RS256", { extractable: true });
    privateKey = keys.privateKey;
    const jwk = { ...(await exportJWK(keys.publicKey)), kid: KEY_ID, use: "sig", alg: "RS256" };
    gitHub = createServer({ cert, key }, async (incoming, outgoing) => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
      const path = new URL(incoming.url ?? "/", "https://localhost").pathname;
      const call = { method: incoming.method ?? "", path, body: Buffer.concat(chunks).toString() };
      gitHubCalls.push(`${call.method} ${path}`);
      const issuer = `${url}/_services/token`;
      const document: Record<string, unknown> = {
        "/_services/token/.well-known/openid-configuration": { issuer, jwks_uri: `${issuer}/.well-known/jwks` },
        "/_services/token/.well-known/jwks": { keys: [jwk] },
      };
      const { status = 200, body = {} } = document[path] ? { body: document[path] } : respond(call);
      outgoing.writeHead(status, { "content-type": "application/json" }).end(status === 204 ? undefined : JSON.stringify(body));
    });
    await new Promise<void>((resolve) => gitHub.listen(0, "127.0.0.1", resolve));
    url = `https://localhost:${(gitHub.address() as AddressInfo).port}`;
    await dynamoDb.start();
    await dynamoDb.keyTable(LEASE_KEY, SETTINGS.names.leaseTable);
    lease = leaseTable(dynamoDb.client, SETTINGS.name);
  });
  after(async () => {
    gitHub.closeAllConnections();
    gitHub.close();
    await dynamoDb.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function run(name: "control" | "reap", events: unknown[], operations: Operations, gitHubResponds: GitHub = respond) {
    respond = gitHubResponds;
    gitHubCalls.length = 0;
    const secrets: Operations = { GetSecretValue: () => ({ SecretString: "ghp_token" }) };
    const aws = await new LoopbackServer(awsEndpoint({ ...secrets, ...operations })).start();
    const file = join(await builtFunctions(), functionFile(functionKey("persistent-runner", name)));
    writeFileSync(join(dirname(file), ORDER_SECRET_TAGS_FILE), JSON.stringify(TAGS));
    const { bundle, configuration, timeouts, instanceTypes } = SETTINGS;
    const result = await runBundle(
      file,
      {
        PRINT_RESULTS: "1",
        LAMBDA_TASK_ROOT: dirname(file),
        NODE_EXTRA_CA_CERTS: join(folder, "ca.pem"),
        AWS_REGION: "eu-central-1",
        AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
        AWS_SECRET_ACCESS_KEY: "secret",
        AWS_ENDPOINT_URL: aws.url,
        AWS_ENDPOINT_URL_DYNAMODB: dynamoDb.url,
        POWERTOOLS_SERVICE_NAME: name,
        [PERSISTENT_ENV.name]: SETTINGS.name,
        [PERSISTENT_ENV.githubApiUrl]: `${url}/api/v3`,
        [PERSISTENT_ENV.githubOrganization]: "octo-org",
        [PERSISTENT_ENV.githubTokenSecretArn]: "arn:aws:secretsmanager:eu-central-1:123456789012:secret:token",
        [PERSISTENT_ENV.instanceId]: INSTANCE,
        [PERSISTENT_ENV.hostRoleId]: "AROAEXAMPLE",
        [PERSISTENT_ENV.subjects]: JSON.stringify([SUBJECT]),
        [PERSISTENT_ENV.instanceTypes]: JSON.stringify(instanceTypes),
        [PERSISTENT_ENV.registration]: "jit",
        [PERSISTENT_ENV.timeouts]: JSON.stringify(timeouts),
        [PERSISTENT_ENV.bundle]: JSON.stringify(bundle),
        [PERSISTENT_ENV.configuration]: JSON.stringify(configuration),
      },
      events,
    ).finally(() => aws.stop());
    const results = result.lines.flatMap((line) => ("result" in line ? [line.result] : []));
    const awsCalls = aws.seen.map(operationOf);
    const bodies = (operation: string) => aws.seen.filter((one) => operationOf(one) === operation).map(({ body }) => body);
    return {
      ...result,
      results,
      awsCalls,
      bodies,
      requests: aws.seen,
      gitHubCalls: [...gitHubCalls],
      metrics: metrics(result, PERSISTENT_RUNNER_DIMENSION),
    };
  }

  /** A token as GitHub signs it for a job, apart from these claims. */
  async function token(claims: Record<string, unknown> = {}): Promise<string> {
    const job = { repository: "octo-org/app", run_id: "7", run_attempt: "1", ref: "refs/heads/main", event_name: "push" };
    const now = Math.floor(Date.now() / 1000);
    const all = { sub: SUBJECT, aud: `ci-runners:${SETTINGS.name}`, ...job, iss: `${url}/_services/token` };
    return new SignJWT({ ...all, iat: now, nbf: now - 600, exp: now + 300, ...claims })
      .setProtectedHeader({ alg: "RS256", kid: KEY_ID, typ: "JWT" })
      .sign(privateKey);
  }

  return { run, token, lease: () => lease };
}

/** S3's protocol names no operation. */
export const S3_OPERATION = "";

/** EC2's answers, whose protocol is XML. */
const xml = (body: string): Answer => ({ status: 200, headers: { "content-type": "text/xml" }, body });

export function described(state: string, launchedAt: number, instanceType = SETTINGS.instanceTypes[0]!, reason?: string): Answer {
  const why = reason === undefined ? "" : `<stateReason><code>${reason}</code><message>${reason}: text</message></stateReason>`;
  const launched = `<launchTime>${new Date(launchedAt).toISOString()}</launchTime><instanceType>${instanceType}</instanceType>`;
  const item = `<instanceId>${INSTANCE}</instanceId><instanceState><name>${state}</name></instanceState>${launched}${why}`;
  const reservation = `<reservationSet><item><instancesSet><item>${item}</item></instancesSet></item></reservationSet>`;
  return xml(`<DescribeInstancesResponse>${reservation}</DescribeInstancesResponse>`);
}

export const changed = (operation: string): Answer => xml(`<${operation}Response><instancesSet/></${operation}Response>`);
