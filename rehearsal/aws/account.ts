/** The region and account that the stand-in emulates; part of every ARN. */
export interface AwsAccount {
  region: string;
  accountId: string;
}

/** The parts of `arn:partition:service:region:account:resource`. */
export function arnParts(arn: string): { service: string; region: string; account: string; resource: string } {
  const [prefix, , service = "", region = "", account = "", ...rest] = arn.split(":");
  if (prefix !== "arn" || rest.length === 0) throw new Error(`"${arn}" is not an ARN of the form arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE`);
  return { service, region, account, resource: rest.join(":") };
}

/** Last path segment of a role or policy ARN, or the name itself. */
export function nameOf(arnOrName: string): string {
  return arnOrName.startsWith("arn:") ? (arnParts(arnOrName).resource.split("/").pop() ?? "") : arnOrName;
}
