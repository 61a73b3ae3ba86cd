import type { SecretsManager } from "../../shared/aws/clients";
import { isAwsError } from "../../shared/aws/error";
import { readSecret } from "../../shared/aws/read-secret";
import type { GitHubRunners } from "../../shared/github/runners";
import type { Clock } from "../../shared/lambda/clock";
import type { RegistrationPorts } from "./registration";
import { SharedToken, type TokenMemory } from "./shared-token";
import { type SecretSettings, secretsManagerTokens } from "./token-store";

export interface RegistrationClients {
  secretsManager: SecretsManager;
}

export function registrationPorts(
  { secretsManager }: RegistrationClients,
  gitHub: () => GitHubRunners,
  clock: Clock,
  secretSettings: () => SecretSettings,
  memory: TokenMemory,
): RegistrationPorts {
  const tokens = secretsManagerTokens(secretsManager, secretSettings);
  const create = (signal: AbortSignal) => gitHub().createRegistrationToken(signal);
  const read = (name: string) => readIfThere(secretsManager, name);
  return {
    sharedToken: (settings) => new SharedToken({ create, read, tokens, clock }, memory, settings),
    tokens,
    clock,
  };
}

/** A secret that was just deleted counts as gone. */
async function readIfThere(client: SecretsManager, name: string): Promise<string | undefined> {
  try {
    return await readSecret(client, name);
  } catch (error) {
    if (isAwsError(error, "ResourceNotFoundException") || isAwsError(error, "InvalidRequestException")) return undefined;
    throw error;
  }
}
