/** Lambda handler of the webhook function; webhook.ts documents it. */
import { DEMAND_TIMING } from "../../../contract/workflow-jobs/timing";
import { dynamoDbClient, eventBridgeClient, secretsManagerClient } from "../../shared/aws/clients";
import { readSecret } from "../../shared/aws/read-secret";
import { gitHubScope } from "../../shared/github/environment";
import { systemClock } from "../../shared/lambda/clock";
import { CachedValue } from "../../shared/webhook/cached-value";
import { servedAccount } from "../shared/account";
import { announceOn } from "../shared/demand-signal";
import { workflowJobsHandler } from "../shared/handler";
import { JobLedger } from "../shared/job-ledger";
import { ledgerTable } from "../shared/ledger-client";
import { PoolDirectory } from "../shared/pool-directory";
import { componentSettings, oursPatterns } from "../shared/settings";
import { parseSecrets } from "../shared/webhook-secrets";
import { webhook } from "./webhook";

const { name, names } = componentSettings();
const secretsManager = secretsManagerClient();
const ledger = new JobLedger(ledgerTable(dynamoDbClient(), names.table, systemClock), systemClock);
const readSecrets = async () => parseSecrets(await readSecret(secretsManager, names.webhookSecret), names.webhookSecret);
const ports = {
  account: servedAccount(gitHubScope()),
  secrets: new CachedValue(readSecrets, systemClock, DEMAND_TIMING.secretCache * 1000),
  pools: new PoolDirectory(() => ledger.pools(), oursPatterns(), systemClock),
  ledger,
  announce: announceOn(eventBridgeClient(), name),
  clock: systemClock,
  noted: new Map<string, number>(),
};

export const handler = workflowJobsHandler(name, (event, invocation) => webhook(event, ports, invocation));
