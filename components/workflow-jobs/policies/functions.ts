import { DEMAND_EVENT } from "../../../contract/workflow-jobs/demand-event";
import {
  LEDGER,
  POOLS_LIST,
  SOURCE_KEY,
  UNSERVED_LIST,
  endedJobsList,
  jobKey,
  openJobsList,
  poolKey,
  reconcilerKey,
} from "../../../contract/workflow-jobs/ledger";
import type { WorkflowJobsNames } from "../../../contract/workflow-jobs/names";
import { allowTableKey, queryIndex, updateAttributes, useItems } from "../../shared/dynamodb-statements";
import { ENCRYPT, type FunctionNeeds, functionStatements } from "../../shared/function-statements";
import { type PolicyDocument, type Statement, allow, allowKey, arn, policy } from "../../shared/policy";

/** The values from which the functions' policies are built. */
export interface FunctionGrants extends FunctionNeeds {
  names: WorkflowJobsNames;
}

/** Partitions of the ledger, as IAM compares them. */
const JOBS = jobKey("*" as unknown as number).pk;
const POOLS = poolKey("*", "signal").pk;
const { pk: RECONCILER } = reconcilerKey("*");
const OPEN_JOBS = openJobsList("*");
const ENDED_JOBS = endedJobsList("*");
const KEY = [LEDGER.partitionKey, LEDGER.sortKey];

/** The only function that anyone can reach: it knows the webhook's secret, but neither the App nor its key. */
export function webhookPolicy({ githubSecretArn: _, secretKmsKeyArn: __, ...grants }: FunctionGrants): PolicyDocument {
  const { names } = grants;
  const table = tableArn(grants);
  return policy(
    ...functionStatements(names.webhookFunction, grants),
    allow("ReadWebhookSecret", ["secretsmanager:GetSecretValue"], webhookSecretArns(grants)),
    decryptWebhookSecret(grants),
    queryIndex("ReadPools", indexArn(grants), [POOLS_LIST]),
    useItems("RecordJobs", table, ["dynamodb:UpdateItem"], [JOBS]),
    // Not the reconciler's cursors, which are in the same partition.
    updateAttributes("NoteRepositories", table, [RECONCILER], [...KEY, "repository", "seenAt", LEDGER.timeToLive]),
    ...signalPools(grants),
    ...useTableKey(grants),
  );
}

export function reconcilePolicy(grants: FunctionGrants): PolicyDocument {
  const { names } = grants;
  const table = tableArn(grants);
  return policy(
    ...functionStatements(names.reconcileFunction, grants),
    queryIndex("ReadPoolsAndJobs", indexArn(grants), [POOLS_LIST, UNSERVED_LIST, OPEN_JOBS, ENDED_JOBS]),
    useItems("RepairJobs", table, ["dynamodb:UpdateItem"], [JOBS]),
    useItems("KeepOwnMemory", table, ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem"], [RECONCILER]),
    useItems("ReportHealth", table, ["dynamodb:UpdateItem"], [SOURCE_KEY.pk]),
    ...signalPools(grants),
    ...useTableKey(grants),
  );
}

export function setupPolicy(grants: FunctionGrants): PolicyDocument {
  const { environment, names, kmsKeyArn } = grants;
  return policy(
    ...functionStatements(names.setupFunction, grants),
    allow(
      "OwnWebhookSecret",
      // CreateSecret with tags also requires TagResource.
      [
        "secretsmanager:CreateSecret",
        "secretsmanager:DeleteSecret",
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetSecretValue",
        "secretsmanager:PutSecretValue",
        "secretsmanager:TagResource",
        "secretsmanager:UpdateSecret",
      ],
      webhookSecretArns(grants),
    ),
    decryptWebhookSecret(grants),
    ...(kmsKeyArn === undefined ? [] : [allowKey("EncryptWebhookSecret", environment, kmsKeyArn, "secretsmanager", ENCRYPT)]),
  );
}

/**
 * Secrets Manager appends a dash and six characters to the name. Until the secret exists there are none: without the first ARN, a
 * read would be denied instead of finding nothing.
 */
function webhookSecretArns({ environment, names }: FunctionGrants): string[] {
  const secret = arn(environment, "secretsmanager", `secret:${names.webhookSecret}`);
  return [secret, `${secret}-??????`];
}

/**
 * With whatever key, but nothing else than this secret: after a change of `kmsKeyArn` it is under the former key until the setup
 * function has written it anew, and no delivery may be lost meanwhile.
 */
function decryptWebhookSecret(grants: FunctionGrants): Statement {
  const { environment } = grants;
  const anyKey = arn({ ...environment, accountId: "*" }, "kms", "key/*");
  const { Condition, ...statement } = allowKey("DecryptWebhookSecret", environment, anyKey, "secretsmanager", ["kms:Decrypt"]);
  return { ...statement, Condition: { ...Condition, StringLike: { "kms:EncryptionContext:SecretARN": webhookSecretArns(grants)[1]! } } };
}

/** An event with another source could start what others' rules start. */
function signalPools(grants: FunctionGrants): Statement[] {
  const { environment } = grants;
  return [
    updateAttributes("LimitSignals", tableArn(grants), [POOLS], [...KEY, "signalledAt", LEDGER.timeToLive]),
    allow("SignalPools", ["events:PutEvents"], [arn(environment, "events", "event-bus/default")], {
      StringEquals: { "events:source": DEMAND_EVENT.source, "events:detail-type": DEMAND_EVENT.detailType },
    }),
  ];
}

function tableArn({ environment, names }: FunctionGrants): string {
  return arn(environment, "dynamodb", `table/${names.table}`);
}

function indexArn(grants: FunctionGrants): string {
  return `${tableArn(grants)}/index/${LEDGER.index}`;
}

function useTableKey({ environment, kmsKeyArn }: FunctionGrants): Statement[] {
  return kmsKeyArn === undefined ? [] : [allowTableKey(environment, kmsKeyArn)];
}
