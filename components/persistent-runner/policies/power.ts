import { leaseKey } from "../../../contract/persistent-runner/lease";
import type { PersistentRunnerNames } from "../../../contract/persistent-runner/names";
import type { AwsEnvironment } from "../../shared/aws-environment";
import { allowTableKey, useItems } from "../../shared/dynamodb-statements";
import { ENCRYPT } from "../../shared/function-statements";
import { type Statement, allow, allowKey } from "../../shared/policy";
import { instanceArn, leaseTableArn, orderSecretArns } from "./arns";

/** The one machine that may be started and stopped. */
export interface MachineGrants {
  environment: AwsEnvironment;
  names: PersistentRunnerNames;
  persistentRunnerName: string;
  instanceId: string;
  /** Of the customer's key that encrypts order, lease and volumes. */
  kmsKeyArn?: string;
  /** Keys of the volumes, `kmsKeyArn` among them. Of a volume without one: those of the account. */
  volumeKeyArns: string[];
}

/** No right over another instance, and none to launch or to terminate. */
export function startAndStop(grants: MachineGrants): Statement[] {
  const { environment, instanceId, volumeKeyArns } = grants;
  return [
    allow("StartTheMachine", ["ec2:StartInstances"], [instanceArn(environment, instanceId)]),
    ...volumeKeyArns.map((key, index) => attachWithKey(environment, key, index)),
    ...stopOnly(grants),
  ];
}

export function stopOnly({ environment, instanceId }: MachineGrants): Statement[] {
  return [
    allow("StopTheMachine", ["ec2:StopInstances"], [instanceArn(environment, instanceId)]),
    // EC2 knows no resources for it.
    allow("ReadPowerState", ["ec2:DescribeInstances"], ["*"]),
  ];
}

/** Without the grant, which EC2 makes in its caller's name, the machine stops again at once: `Client.InternalError`. */
function attachWithKey(environment: AwsEnvironment, keyArn: string, index: number): Statement {
  const { Condition, ...statement } = allowKey(`UseVolumeKey${index || ""}`, environment, keyArn, "ec2", ["kms:CreateGrant"]);
  return { ...statement, Condition: { ...Condition, Bool: { "kms:GrantIsForAWSResource": "true" } } };
}

export function holdLease({ environment, names, persistentRunnerName, kmsKeyArn }: MachineGrants): Statement[] {
  return [
    useItems("HoldLease", leaseTableArn(environment, names), ["dynamodb:GetItem", "dynamodb:UpdateItem"], [leaseKey(persistentRunnerName)]),
    ...(kmsKeyArn === undefined ? [] : [allowTableKey(environment, kmsKeyArn)]),
  ];
}

/** Written and never read: only the machine opens it. */
export function giveOrders({ environment, names, kmsKeyArn }: MachineGrants): Statement[] {
  return [
    allow(
      "GiveOrders",
      // CreateSecret with tags also requires TagResource.
      ["secretsmanager:CreateSecret", "secretsmanager:PutSecretValue", "secretsmanager:TagResource"],
      orderSecretArns(environment, names),
    ),
    ...(kmsKeyArn === undefined ? [] : [allowKey("EncryptOrders", environment, kmsKeyArn, "secretsmanager", ENCRYPT)]),
  ];
}

export function readConsole({ environment, instanceId }: MachineGrants): Statement {
  return allow("ReadConsole", ["ec2:GetConsoleOutput"], [instanceArn(environment, instanceId)]);
}

/**
 * Another type where one has no capacity. The action sets other attributes as well, and the key by which IAM could tell them apart,
 * `ec2:Attribute`, has no documented spelling of its values.
 */
export function changeType({ environment, instanceId }: MachineGrants): Statement {
  return allow("ChangeType", ["ec2:ModifyInstanceAttribute"], [instanceArn(environment, instanceId)]);
}

export function removeOrders({ environment, names }: MachineGrants): Statement {
  return allow("RemoveOrders", ["secretsmanager:DeleteSecret", "secretsmanager:DescribeSecret"], orderSecretArns(environment, names));
}
