import { LEASE_ATTRIBUTES_OF_HOST, LEASE_KEY, leaseKey } from "../../../contract/persistent-runner/lease";
import { BUNDLE_PREFIX } from "../../../contract/shared/host-bundle";
import { OWNER_TAG } from "../../../contract/shared/owned-secret";
import type { AwsEnvironment } from "../../shared/aws-environment";
import { allowTableKey, updateAttributes } from "../../shared/dynamodb-statements";
import { writeHostLog } from "../../shared/host-log-group";
import { countHostEvents } from "../../shared/host-metrics";
import { type PolicyDocument, allow, allowKey, policy } from "../../shared/policy";
import type { PersistentRunnerSettings } from "../settings";
import { leaseTableArn, orderSecretArns } from "./arns";

/** The values from which the machine's policy is built. */
export interface HostGrants {
  environment: AwsEnvironment;
  settings: PersistentRunnerSettings;
  /** ARN of the bucket that holds the host bundle. */
  bucketArn: string;
  /** Of the customer's key that encrypts bundle, order and lease. */
  kmsKeyArn: string | undefined;
}

/** What the machine may do: fetch what it installs, read its own order once, say in its own lease how far it is, and count what it refuses. */
export function hostPolicy({ environment, settings, bucketArn, kmsKeyArn }: HostGrants): PolicyDocument {
  const { names, persistentRunnerName, hostLogs } = settings;
  const decrypt = (sid: string, service: string) => allowKey(sid, environment, kmsKeyArn!, service, ["kms:Decrypt"]);
  return policy(
    ...(kmsKeyArn === undefined
      ? []
      : [decrypt("DecryptHostBundle", "s3"), decrypt("DecryptOrder", "secretsmanager"), allowTableKey(environment, kmsKeyArn)]),
    allow("FetchHostBundle", ["s3:GetObject"], [`${bucketArn}/${BUNDLE_PREFIX}*`]),
    allow("UseOwnOrder", ["secretsmanager:GetSecretValue", "secretsmanager:DeleteSecret"], orderSecretArns(environment, names), {
      StringEquals: { [`aws:ResourceTag/${OWNER_TAG}`]: "${aws:userid}" },
    }),
    // Neither holder nor expiry: a machine cannot take itself from a run, or keep itself.
    updateAttributes(
      "ReportOwnState",
      leaseTableArn(environment, names),
      [leaseKey(persistentRunnerName)],
      [LEASE_KEY, ...LEASE_ATTRIBUTES_OF_HOST],
    ),
    ...(hostLogs === undefined ? [] : [writeHostLog(environment, names.hostLogGroup)]),
    // ForeignJobs and HostLogFailures.
    countHostEvents(),
  );
}
