import { arn, type ProviderAccount } from "../resource-type";
import type { Properties } from "../values";
import type { ApiCall } from "./api-call";

const plain = (action: string): ApiCall => ({ action, resource: "*", context: {} });

/** Parameters of AWS itself, such as those of public images, have no account in their ARN. */
function parameterArn(name: string, account: ProviderAccount): string {
  return arn(account, "ssm", `parameter/${name.replace(/^\//, "")}`, { account: !name.startsWith("/aws/service/") });
}

/** The reading calls of the functions (data sources), by Pulumi token. Those that are missing here need no permission. */
export const INVOKE_CALLS: Readonly<Record<string, (args: Properties, account: ProviderAccount) => ApiCall>> = {
  "aws:index/getAvailabilityZones:getAvailabilityZones": () => plain("ec2:DescribeAvailabilityZones"),
  "aws:ssm/getParameter:getParameter": ({ name }, account) => ({
    action: "ssm:GetParameter",
    resource: parameterArn(String(name), account),
    context: {},
  }),
  "aws:ec2/getInstanceType:getInstanceType": () => plain("ec2:DescribeInstanceTypes"),
  "aws:ec2/getAmi:getAmi": () => plain("ec2:DescribeImages"),
  "aws:ec2/getSubnet:getSubnet": () => plain("ec2:DescribeSubnets"),
  "aws:ec2/getSubnets:getSubnets": () => plain("ec2:DescribeSubnets"),
  "aws:secretsmanager/getSecret:getSecret": ({ arn: secret, name }, account) => ({
    action: "secretsmanager:DescribeSecret",
    resource: String(secret ?? arn(account, "secretsmanager", `secret:${name}-??????`)),
    context: {},
  }),
};
