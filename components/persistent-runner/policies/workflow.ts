import { STS_AUDIENCE } from "../../../contract/shared/workflow-token";
import { type PolicyDocument, allow, policy } from "../../shared/policy";
import { ControlMode } from "../args/modes";
import { controlFunctionArn } from "./arns";
import { type MachineGrants, giveOrders, holdLease, readConsole, startAndStop } from "./power";

/** What a workflow may do: ask the control function, or, with `direct`, what the function does to start and stop the machine. */
export function workflowPolicy(control: ControlMode, grants: MachineGrants): PolicyDocument {
  const { environment, names } = grants;
  if (control === ControlMode.Function) {
    return policy(allow("AskForTheMachine", ["lambda:InvokeFunction"], [controlFunctionArn(environment, names)]));
  }
  return policy(
    // What it orders the machine to install; no secret is among the variables.
    allow("ReadSettings", ["lambda:GetFunctionConfiguration"], [controlFunctionArn(environment, names)]),
    ...startAndStop(grants),
    readConsole(grants),
    ...holdLease(grants),
    ...giveOrders(grants),
  );
}

/**
 * Who may assume the role: exactly these workflows. `StringEquals` and not `StringLike`, so that nothing in a branch's name can be taken
 * for a pattern.
 *
 * @param issuer host and path of GitHub's OIDC issuer, without `https://`
 */
export function workflowTrust(providerArn: string, issuer: string, subjects: readonly string[]): PolicyDocument {
  return policy({
    Sid: "AssumeByToken",
    Effect: "Allow",
    Principal: { Federated: providerArn },
    Action: ["sts:AssumeRoleWithWebIdentity"],
    Condition: { StringEquals: { [`${issuer}:aud`]: STS_AUDIENCE, [`${issuer}:sub`]: [...subjects] } },
  });
}
