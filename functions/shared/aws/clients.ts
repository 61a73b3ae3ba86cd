import { AutoScalingClient, type AutoScalingClientConfig } from "@aws-sdk/client-auto-scaling";
import { SecretsManagerClient, type SecretsManagerClientConfig } from "@aws-sdk/client-secrets-manager";
import { SSMClient, type SSMClientConfig } from "@aws-sdk/client-ssm";

/** What an adapter needs of a client: to send a command. A simulation answers it without a wire. */
export type AutoScaling = Pick<AutoScalingClient, "send">;
export type SecretsManager = Pick<SecretsManagerClient, "send">;
export type SystemsManager = Pick<SSMClient, "send">;

/**
 * Bounds for every AWS client. The SDK's own default is to wait for an answer without end, and its request timeout
 * only warns unless told to throw. Three tries of at most 3 s each keep a call below the shortest function timeout.
 */
const CLIENT_OPTIONS = {
  maxAttempts: 3,
  requestHandler: {
    connectionTimeout: 1000,
    requestTimeout: 3000,
    throwOnRequestTimeout: true,
  },
} as const;

// A function for each, so that a bundle holds only the clients that its handler asks for.

export function autoScalingClient(options: AutoScalingClientConfig = {}): AutoScaling {
  return new AutoScalingClient({ ...CLIENT_OPTIONS, ...options });
}

export function secretsManagerClient(options: SecretsManagerClientConfig = {}): SecretsManager {
  return new SecretsManagerClient({ ...CLIENT_OPTIONS, ...options });
}

export function systemsManagerClient(options: SSMClientConfig = {}): SystemsManager {
  return new SSMClient({ ...CLIENT_OPTIONS, ...options });
}
