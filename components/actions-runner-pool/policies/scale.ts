import type { PoolNames } from "../../../contract/actions-runner-pool/names";
import { LEDGER, SOURCE_KEY, jobKey, openJobsList, poolKey } from "../../../contract/workflow-jobs/ledger";
import { allowTableKey, queryIndex, updateAttributes, useItems } from "../../shared/dynamodb-statements";
import { type FunctionNeeds, functionStatements } from "../../shared/function-statements";
import { type PolicyDocument, allow, policy } from "../../shared/policy";
import { groupArn } from "./arns";

/** The values from which the scaler's policy is built. It never calls GitHub. */
export interface ScaleGrants extends Omit<FunctionNeeds, "githubSecretArn" | "secretKmsKeyArn"> {
  names: PoolNames;
  poolName: string;
  /** Of the source's ledger. */
  tableArn: string;
  /** Set if a customer's key encrypts the table. */
  tableKmsKeyArn?: string;
}

/** Partition of any job, as IAM compares it. */
const JOBS = jobKey("*" as unknown as number).pk;

/**
 * The scaler resizes its own group, and of the ledger it knows its own queue. Of any job it may change the reason of its wait, and the
 * rank, which the condition of that update names.
 */
export function scalePolicy(grants: ScaleGrants): PolicyDocument {
  const { environment, names, poolName, tableArn, tableKmsKeyArn } = grants;
  return policy(
    ...functionStatements(names.scaleFunction, grants),
    allow(
      "ReadGroup",
      ["autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribeAutoScalingInstances", "autoscaling:DescribeScalingActivities"],
      ["*"],
    ),
    allow("RaiseCapacity", ["autoscaling:SetDesiredCapacity"], [groupArn(environment, names)]),
    allow("TerminateIdleInstances", ["autoscaling:TerminateInstanceInAutoScalingGroup"], [groupArn(environment, names)]),
    queryIndex("ReadOwnQueue", `${tableArn}/index/${LEDGER.index}`, [openJobsList(poolName)]),
    useItems("ReadSourceHealth", tableArn, ["dynamodb:GetItem"], [SOURCE_KEY.pk]),
    useItems(
      "KeepOwnState",
      tableArn,
      ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:UpdateItem"],
      [poolKey(poolName, "scaler").pk],
    ),
    updateAttributes("RecordCauses", tableArn, [JOBS], [LEDGER.partitionKey, LEDGER.sortKey, "rank", "cause", "causeSince"]),
    ...(tableKmsKeyArn === undefined ? [] : [allowTableKey(environment, tableKmsKeyArn)]),
  );
}
