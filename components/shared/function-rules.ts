import { emptyList } from "./given-ids";
import { reachViolations } from "./github-rules";
import { type Violation, violation } from "./input-errors";

export interface GivenFunctions {
  subnetIds?: unknown;
  securityGroupIds?: unknown;
}

export interface FunctionRules {
  apiUrl: string;
  /** Whether the component makes a security group for functions in a VPC if none is given. */
  makesGroup: boolean;
  /** What becomes of the component if its functions do not reach GitHub. */
  otherwise: string;
}

/** Of the argument `functions`. */
export function functionViolations(given: GivenFunctions | undefined, { apiUrl, makesGroup, otherwise }: FunctionRules): Violation[] {
  const { subnetIds, securityGroupIds } = given ?? {};
  const found = Object.entries({ "functions.subnetIds": subnetIds, "functions.securityGroupIds": securityGroupIds })
    .filter(([, ids]) => Array.isArray(ids) && ids.length === 0)
    .map(([field]) => emptyList(field));
  if (securityGroupIds !== undefined && subnetIds === undefined) {
    const remedy = "Set functions.subnetIds as well, or remove it";
    found.push(violation("functions.securityGroupIds", securityGroupIds, "functions in no VPC have no security groups", remedy));
  }
  if (subnetIds !== undefined && securityGroupIds === undefined && !makesGroup) {
    const remedy = "Set one that lets HTTPS out, or remove functions.subnetIds";
    found.push(violation("functions.securityGroupIds", securityGroupIds, "functions in a VPC need a security group", remedy));
  }
  return [...found, ...reachViolations(apiUrl, subnetIds !== undefined, otherwise)];
}
