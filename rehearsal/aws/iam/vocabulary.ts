/** The operators that the evaluator supports. It rejects any other, see policy.ts. */
export const CONDITION_OPERATORS = new Set([
  "StringEquals",
  "StringNotEquals",
  "StringLike",
  "StringNotLike",
  "ArnEquals",
  "ArnLike",
  "Bool",
  "Null",
]);

/** Negated operators, which hold if the key is absent. */
export const NEGATED_OPERATORS = new Set(["StringNotEquals", "StringNotLike"]);

const EXACT_KEYS = new Set(
  [
    "aws:userid",
    "aws:PrincipalArn",
    "aws:PrincipalAccount",
    "aws:PrincipalType",
    "aws:RequestedRegion",
    "aws:ResourceAccount",
    "aws:SecureTransport",
    "aws:SourceArn",
    "aws:SourceAccount",
    "aws:TagKeys",
    "aws:ViaAWSService",
    "cloudwatch:namespace",
    "dynamodb:Attributes",
    "dynamodb:EnclosingOperation",
    "dynamodb:LeadingKeys",
    "dynamodb:ReturnValues",
    "dynamodb:Select",
    "ec2:Attribute",
    "ec2:CreateAction",
    "ec2:InstanceType",
    "ec2:SourceInstanceARN",
    "ec2:Subnet",
    "events:detail-type",
    "events:source",
    "iam:PassedToService",
    "iam:PermissionsBoundary",
    "kms:CallerAccount",
    "kms:EncryptionContext:SecretARN",
    "kms:EncryptionContext:aws:logs:arn",
    "kms:GrantIsForAWSResource",
    "kms:ViaService",
    "lambda:FunctionUrlAuthType",
    "lambda:InvokedViaFunctionUrl",
    "lambda:SourceFunctionArn",
    "s3:prefix",
    "secretsmanager:ForceDeleteWithoutRecovery",
    "secretsmanager:Name",
    "secretsmanager:SecretId",
  ].map((key) => key.toLowerCase()),
);

const TAG_KEYS = [
  "aws:principaltag/",
  "aws:requesttag/",
  "aws:resourcetag/",
  "autoscaling:resourcetag/",
  "ec2:attribute/",
  "ec2:resourcetag/",
  "secretsmanager:resourcetag/",
  "ssm:resourcetag/",
];

/** Claims of the tokens that GitHub signs for workflows: of github.com, an enterprise of its own there or with data residency, a server. */
const TOKEN_KEYS =
  /^(?:token\.actions\.(?:githubusercontent\.com|[a-z0-9-]+\.ghe\.com)(?:\/[a-z0-9-]+)?|[a-z0-9.:-]+\/_services\/token):(?:aud|sub)$/;

/** Keys are case-insensitive up to the slash; the tag's own key after it is not. */
export function isKnownKey(key: string): boolean {
  const lower = key.toLowerCase();
  return (
    EXACT_KEYS.has(lower) || TOKEN_KEYS.test(lower) || TAG_KEYS.some((prefix) => lower.startsWith(prefix) && lower.length > prefix.length)
  );
}

/** The spelling under which a key is stored and looked up. */
export function canonicalKey(key: string): string {
  const slash = key.indexOf("/");
  return slash < 0 ? key.toLowerCase() : key.slice(0, slash).toLowerCase() + key.slice(slash);
}

export function isResourceTagKey(key: string): boolean {
  return canonicalKey(key).includes(":resourcetag/");
}
