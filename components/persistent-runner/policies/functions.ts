import { type FunctionNeeds, functionStatements } from "../../shared/function-statements";
import { removeFormerObjects } from "../../shared/host-bundle";
import { type PolicyDocument, policy } from "../../shared/policy";
import { type MachineGrants, changeType, giveOrders, holdLease, readConsole, removeOrders, startAndStop, stopOnly } from "./power";

/** The values from which the functions' policies are built. */
export interface FunctionGrants extends FunctionNeeds, MachineGrants {
  kmsKeyArn?: string;
  /** Bucket of what the machine installs. */
  bundleBucketArn: string;
}

export function controlPolicy(grants: FunctionGrants): PolicyDocument {
  return policy(
    ...functionStatements(grants.names.controlFunction, grants),
    ...startAndStop(grants),
    changeType(grants),
    readConsole(grants),
    ...holdLease(grants),
    ...giveOrders(grants),
    ...removeFormerObjects(grants.bundleBucketArn),
  );
}

/** The reaper only ever switches the machine off. */
export function reapPolicy(grants: FunctionGrants): PolicyDocument {
  return policy(...functionStatements(grants.names.reapFunction, grants), ...stopOnly(grants), ...holdLease(grants), removeOrders(grants));
}
