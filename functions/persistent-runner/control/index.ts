/** Lambda handler of the control function; control.ts documents it. */
import { controlAudience } from "../../../contract/persistent-runner/control";
import { runKey } from "../../../contract/persistent-runner/lease";
import { workflowTokenIssuer } from "../../../contract/shared/workflow-token";
import { dynamoDbClient, ec2Client, s3Client, secretsManagerClient } from "../../shared/aws/clients";
import { readSecret } from "../../shared/aws/read-secret";
import { deleteBundle, storedBundles } from "../../shared/aws/stored-bundles";
import { gitHubAccount, gitHubJitFromEnvironment } from "../../shared/github/environment";
import { IssuerKeys } from "../../shared/github/issuer-keys";
import { verifyWorkflowToken } from "../../shared/github/workflow-token";
import { systemClock } from "../../shared/lambda/clock";
import { persistentRunnerHandler } from "../shared/handler";
import { callerSubjects, orderSecretSettings, startSettings } from "../shared/settings";
import { controlPorts } from "./aws-ports";
import { control, type IdentifyHolder } from "./control";
import { type ObjectPorts, sweepObjects } from "./object-sweep";

const settings = startSettings();
const subjects = callerSubjects();
let keys: IssuerKeys | undefined;
const secretsManager = secretsManagerClient();
const gitHub = gitHubJitFromEnvironment((secret) => readSecret(secretsManager, secret), systemClock);
const clients = { dynamoDb: dynamoDbClient(), ec2: ec2Client(), secretsManager };
const ports = controlPorts(clients, gitHub, systemClock, settings, () => orderSecretSettings());

const identify: IdentifyHolder = async (token) => {
  keys ??= new IssuerKeys(issuer());
  const check = { issuer: keys.issuer, keys, audience: controlAudience(settings.name), subjects, now: systemClock.now() };
  const { repository, runId, runAttempt } = await verifyWorkflowToken(token, check);
  return runKey(repository, runId, runAttempt);
};

const s3 = s3Client();
const objects: ObjectPorts = {
  clock: systemClock,
  stored: (bucket) => storedBundles(s3, bucket),
  delete: (bucket, key) => deleteBundle(s3, bucket, key),
};

export const handler = persistentRunnerHandler(settings.name, async (event, invocation) => {
  const reply = await control(event, identify, ports, settings, invocation);
  if ("state" in reply && reply.state === "prepared") await sweepObjects(objects, settings, invocation);
  return reply;
});

/** Read only when a workflow calls, so that a mistake in it cannot prevent a provisioning. */
function issuer(): string {
  const { apiUrl } = gitHubAccount();
  const found = workflowTokenIssuer(apiUrl);
  if (found === undefined) throw new Error(`the GitHub server at ${apiUrl} has no known issuer of workflow tokens`);
  return found;
}
