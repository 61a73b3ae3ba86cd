/** Lambda handler of the reconcile function; reconcile.ts documents it. */
import { dynamoDbClient, eventBridgeClient, secretsManagerClient } from "../../shared/aws/clients";
import { readSecret } from "../../shared/aws/read-secret";
import { systemClock } from "../../shared/lambda/clock";
import { announceOn } from "../shared/demand-signal";
import { gitHubApis } from "../shared/github-apis";
import { workflowJobsHandler } from "../shared/handler";
import { JobLedger } from "../shared/job-ledger";
import { ledgerTable } from "../shared/ledger-client";
import { componentSettings, oursPatterns, webhookScope, webhookUrl } from "../shared/settings";
import { ReconcilerMemory } from "./memory";
import { reconcile } from "./reconcile";

const { name, names } = componentSettings();
const secretsManager = secretsManagerClient();
const table = ledgerTable(dynamoDbClient(), names.table, systemClock);
const ports = {
  ledger: new JobLedger(table, systemClock),
  memory: new ReconcilerMemory(table),
  gitHub: gitHubApis((secret) => readSecret(secretsManager, secret), systemClock),
  announce: announceOn(eventBridgeClient(), name),
  clock: systemClock,
};
const settings = () => ({ ours: oursPatterns(), webhookScope: webhookScope(), webhookUrl: webhookUrl() });

export const handler = workflowJobsHandler(name, (_event, invocation) => reconcile(ports, settings, invocation));
