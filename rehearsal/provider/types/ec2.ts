import { arn, storedType, newId, text, type ResourceType } from "../resource-type";

/** Characters that EC2 accepts in names and descriptions of security groups. */
const PLAIN = /^[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]*$/;

const securityGroup = storedType({
  inputs: ["description", "egress", "ingress", "name", "revokeRulesOnDelete", "tags", "vpcId"],
  autoName: { property: "name", maxLength: 255 },
  replaceOn: ["name", "description", "vpcId"],
  validate: (inputs) => {
    const problems = [];
    const description = text(inputs.description);
    if (description.length > 255 || !PLAIN.test(description)) {
      problems.push({
        property: "description",
        reason: `invalid value for description (at most 255 of a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*): ${description}`,
      });
    }
    if (text(inputs.name).startsWith("sg-")) problems.push({ property: "name", reason: "a group's name cannot begin with sg-" });
    return problems;
  },
  id: () => newId("sg"),
  outputs: (id, inputs, { account }) => ({
    arn: arn(account, "ec2", `security-group/${id}`),
    description: inputs.description ?? "Managed by Pulumi",
    ownerId: account.accountId,
    ingress: inputs.ingress ?? [],
    egress: inputs.egress ?? [],
  }),
});

/** A security group rule as a separate resource. */
const securityGroupRule = storedType({
  inputs: [
    "cidrIpv4",
    "cidrIpv6",
    "description",
    "fromPort",
    "ipProtocol",
    "prefixListId",
    "referencedSecurityGroupId",
    "securityGroupId",
    "tags",
    "toPort",
  ],
  required: ["ipProtocol", "securityGroupId"],
  replaceOn: ["securityGroupId"],
  validate: (inputs) => {
    const sources = ["cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"].filter((name) => name in inputs);
    return sources.length === 1
      ? []
      : [
          {
            property: "cidrIpv4",
            reason: `set exactly one of cidrIpv4, cidrIpv6, prefixListId, referencedSecurityGroupId; got ${sources.length}`,
          },
        ];
  },
  id: () => newId("sgr"),
  outputs: (id, _inputs, { account }) => ({ arn: arn(account, "ec2", `security-group-rule/${id}`), securityGroupRuleId: id }),
});

export const EC2_TYPES: Record<string, ResourceType> = {
  "aws:ec2/securityGroup:SecurityGroup": securityGroup,
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": securityGroupRule,
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": securityGroupRule,
};
