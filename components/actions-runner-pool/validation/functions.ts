import { type Violation, violation } from "../../shared/input-errors";
import { isPrivateHost } from "../../shared/private-host";
import type { PoolSettings } from "../settings";
import { emptyList } from "./instances";

export function functionViolations({ functions, github }: PoolSettings): Violation[] {
  const { subnetIds, securityGroupIds } = functions ?? {};
  const found = Object.entries({ "functions.subnetIds": subnetIds, "functions.securityGroupIds": securityGroupIds })
    .filter(([, ids]) => Array.isArray(ids) && ids.length === 0)
    .map(([field]) => emptyList(field));
  if (securityGroupIds !== undefined && subnetIds === undefined) {
    const remedy = "Set functions.subnetIds as well, or remove it";
    found.push(violation("functions.securityGroupIds", securityGroupIds, "functions in no VPC have no security groups", remedy));
  }
  // Another value is reported as not the address of a GitHub REST API.
  if (subnetIds === undefined && URL.canParse(github.apiUrl) && isPrivateHost(new URL(github.apiUrl).hostname)) {
    found.push(
      violation(
        "github.apiUrl",
        github.apiUrl,
        "the host is in a private network, which functions outside of a VPC cannot reach, so no runner would ever register",
        "Set functions.subnetIds to subnets from which it can be reached",
      ),
    );
  }
  return found;
}
