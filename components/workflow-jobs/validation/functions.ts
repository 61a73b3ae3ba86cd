import { emptyList } from "../../shared/given-ids";
import { reachViolations } from "../../shared/github-rules";
import { type Violation, violation } from "../../shared/input-errors";
import type { WorkflowJobsSettings } from "../settings";

export function functionViolations({ functions, github }: WorkflowJobsSettings): Violation[] {
  const { subnetIds, securityGroupIds } = functions ?? {};
  const found = Object.entries({ "functions.subnetIds": subnetIds, "functions.securityGroupIds": securityGroupIds })
    .filter(([, ids]) => Array.isArray(ids) && ids.length === 0)
    .map(([field]) => emptyList(field));
  if (securityGroupIds !== undefined && subnetIds === undefined) {
    const remedy = "Set functions.subnetIds as well, or remove it";
    found.push(violation("functions.securityGroupIds", securityGroupIds, "functions in no VPC have no security groups", remedy));
  }
  if (subnetIds !== undefined && securityGroupIds === undefined) {
    const problem = "functions in a VPC need a security group";
    found.push(
      violation("functions.securityGroupIds", securityGroupIds, problem, "Set one that lets HTTPS out, or remove functions.subnetIds"),
    );
  }
  return [...found, ...reachViolations(github.apiUrl, subnetIds !== undefined, "no job would ever be read")];
}
