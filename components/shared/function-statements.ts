import type { AwsEnvironment } from "./aws-environment";
import { logGroupName, vpcStatements } from "./packaged-function";
import { type Statement, allow, allowKey, arn } from "./policy";

/** What a packaged function needs besides its own calls to AWS. */
export interface FunctionNeeds {
  environment: AwsEnvironment;
  deadLetterQueueArn: string;
  /** Secret with the App's private key or the token; absent for a function that never calls GitHub. */
  githubSecretArn?: string;
  /** Set if that secret is encrypted with its own KMS key. */
  secretKmsKeyArn?: string;
  /** Set if dead letters are encrypted with a customer's key. */
  kmsKeyArn?: string;
  /** The functions run in a VPC. */
  inVpc?: boolean;
}

/** Secrets Manager and SQS need both to store something: the data key, and its decryption when they use it again. */
export const ENCRYPT = ["kms:GenerateDataKey", "kms:Decrypt"];

/** The function may create its log stream, not the log group: the stack owns that, with its retention. */
export function functionStatements(functionName: string, needs: FunctionNeeds): Statement[] {
  const { environment, githubSecretArn, secretKmsKeyArn, kmsKeyArn, deadLetterQueueArn } = needs;
  const statements = [
    allow(
      "WriteOwnLog",
      ["logs:CreateLogStream", "logs:PutLogEvents"],
      [arn(environment, "logs", `log-group:${logGroupName(functionName)}:*`)],
    ),
    allow("SendToDeadLetterQueue", ["sqs:SendMessage"], [deadLetterQueueArn]),
  ];
  if (githubSecretArn !== undefined) {
    statements.push(allow("ReadGithubSecret", ["secretsmanager:GetSecretValue"], [githubSecretArn]));
    if (secretKmsKeyArn !== undefined) {
      statements.push(allowKey("DecryptGithubSecret", environment, secretKmsKeyArn, "secretsmanager", ["kms:Decrypt"]));
    }
  }
  if (kmsKeyArn !== undefined) statements.push(allowKey("EncryptDeadLetters", environment, kmsKeyArn, "sqs", ENCRYPT));
  if (needs.inVpc) statements.push(...vpcStatements(environment, functionName));
  return statements;
}
