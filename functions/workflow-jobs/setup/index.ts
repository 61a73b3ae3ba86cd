/** Lambda handler of the setup function; setup.ts documents it. */
import { randomBytes } from "node:crypto";
import { secretsManagerClient } from "../../shared/aws/clients";
import { readSecret } from "../../shared/aws/read-secret";
import { systemClock } from "../../shared/lambda/clock";
import { gitHubApis } from "../shared/github-apis";
import { workflowJobsHandler } from "../shared/handler";
import { componentSettings, webhookScope, webhookSecretSettings } from "../shared/settings";
import { webhookSecretStore } from "./secret-store";
import { setup } from "./setup";

const { name, names } = componentSettings();
const secretsManager = secretsManagerClient();
const ports = {
  gitHub: gitHubApis((secret) => readSecret(secretsManager, secret), systemClock),
  store: webhookSecretStore(secretsManager, { workflowJobs: name, secret: names.webhookSecret }, webhookSecretSettings, systemClock),
  newSecret: () => randomBytes(32).toString("hex"),
  clock: systemClock,
};

export const handler = workflowJobsHandler(name, (event, invocation) =>
  setup(event, ports, { name, webhookScope: () => webhookScope() }, invocation),
);
