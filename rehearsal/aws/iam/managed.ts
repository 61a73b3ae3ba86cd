import { UnsupportedPolicyError } from "./policy";

/**
 * The AWS managed policies that this project attaches. The statements list what the stand-in can check. Any other
 * policy is rejected, since neither allowing nothing nor allowing everything would be correct.
 */
const MANAGED: Record<string, { actions: string[] }> = {
  "service-role/AWSLambdaBasicExecutionRole": {
    actions: ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
  },
  AmazonSSMManagedInstanceCore: {
    actions: [
      "ssm:DescribeAssociation",
      "ssm:GetDeployablePatchSnapshotForInstance",
      "ssm:GetDocument",
      "ssm:DescribeDocument",
      "ssm:GetManifest",
      "ssm:GetParameter",
      "ssm:GetParameters",
      "ssm:ListAssociations",
      "ssm:ListInstanceAssociations",
      "ssm:PutInventory",
      "ssm:PutComplianceItems",
      "ssm:PutConfigurePackageResult",
      "ssm:UpdateAssociationStatus",
      "ssm:UpdateInstanceAssociationStatus",
      "ssm:UpdateInstanceInformation",
      "ssmmessages:CreateControlChannel",
      "ssmmessages:CreateDataChannel",
      "ssmmessages:OpenControlChannel",
      "ssmmessages:OpenDataChannel",
      "ec2messages:AcknowledgeMessage",
      "ec2messages:DeleteMessage",
      "ec2messages:FailMessage",
      "ec2messages:GetEndpoint",
      "ec2messages:GetMessages",
      "ec2messages:SendReply",
    ],
  },
};

export function isAwsManaged(arn: string): boolean {
  return /^arn:aws[a-z-]*:iam::aws:policy\//.test(arn);
}

export function managedPolicy(arn: string): object {
  const name = arn.replace(/^arn:aws[a-z-]*:iam::aws:policy\//, "");
  const known = MANAGED[name];
  if (!known) throw new UnsupportedPolicyError(arn, "the rehearsal has no copy of this AWS managed policy");
  return {
    Version: "2012-10-17",
    Statement: [{ Sid: name.replace(/\W/g, ""), Effect: "Allow", Action: known.actions, Resource: "*" }],
  };
}
