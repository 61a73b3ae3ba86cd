import { AutoScalingClient, type AutoScalingClientConfig } from "@aws-sdk/client-auto-scaling";
import { CloudWatchLogsClient, type CloudWatchLogsClientConfig } from "@aws-sdk/client-cloudwatch-logs";
import { DynamoDBClient, type DynamoDBClientConfig } from "@aws-sdk/client-dynamodb";
import { EC2Client, type EC2ClientConfig } from "@aws-sdk/client-ec2";
import { EventBridgeClient, type EventBridgeClientConfig } from "@aws-sdk/client-eventbridge";
import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import { SecretsManagerClient, type SecretsManagerClientConfig } from "@aws-sdk/client-secrets-manager";
import { SSMClient, type SSMClientConfig } from "@aws-sdk/client-ssm";

/** The part of a client that an adapter uses. A simulation implements it without a network. */
export type AutoScaling = Pick<AutoScalingClient, "send">;
export type CloudWatchLogs = Pick<CloudWatchLogsClient, "send">;
export type DynamoDb = Pick<DynamoDBClient, "send">;
export type Ec2 = Pick<EC2Client, "send">;
export type EventBridge = Pick<EventBridgeClient, "send">;
export type S3 = Pick<S3Client, "send">;
export type SecretsManager = Pick<SecretsManagerClient, "send">;
export type SystemsManager = Pick<SSMClient, "send">;

/**
 * Bounds for every AWS client. By default the SDK waits for a response without limit, and its request timeout only
 * warns unless `throwOnRequestTimeout` is set. Three attempts of at most 3 s each keep a call below the shortest function
 * timeout.
 */
const CLIENT_OPTIONS = {
  maxAttempts: 3,
  requestHandler: {
    connectionTimeout: 1000,
    requestTimeout: 3000,
    throwOnRequestTimeout: true,
  },
} as const;

// One function per client, so that a bundle contains only the clients that its handler uses.

export function autoScalingClient(options: AutoScalingClientConfig = {}): AutoScaling {
  return new AutoScalingClient({ ...CLIENT_OPTIONS, ...options });
}

export function cloudWatchLogsClient(options: CloudWatchLogsClientConfig = {}): CloudWatchLogs {
  return new CloudWatchLogsClient({ ...CLIENT_OPTIONS, ...options });
}

/** DynamoDB answers within milliseconds, so that four attempts of a second each are more patient than they look. */
export function dynamoDbClient(options: DynamoDBClientConfig = {}): DynamoDb {
  const requestHandler = { ...CLIENT_OPTIONS.requestHandler, requestTimeout: 1000 };
  return new DynamoDBClient({ ...CLIENT_OPTIONS, maxAttempts: 4, requestHandler, ...options });
}

export function eventBridgeClient(options: EventBridgeClientConfig = {}): EventBridge {
  return new EventBridgeClient({ ...CLIENT_OPTIONS, ...options });
}

export function ec2Client(options: EC2ClientConfig = {}): Ec2 {
  return new EC2Client({ ...CLIENT_OPTIONS, ...options });
}

export function s3Client(options: S3ClientConfig = {}): S3 {
  return new S3Client({ ...CLIENT_OPTIONS, ...options });
}

export function secretsManagerClient(options: SecretsManagerClientConfig = {}): SecretsManager {
  return new SecretsManagerClient({ ...CLIENT_OPTIONS, ...options });
}

export function systemsManagerClient(options: SSMClientConfig = {}): SystemsManager {
  return new SSMClient({ ...CLIENT_OPTIONS, ...options });
}
