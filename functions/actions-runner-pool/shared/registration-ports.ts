import type { SecretsManager } from "../../shared/aws/clients";
import type { GitHubRunners } from "../../shared/github/runners";
import type { Clock } from "../../shared/lambda/clock";
import type { RegistrationPorts } from "./registration";
import { type SecretSettings, secretsManagerTokens } from "./token-store";

export interface RegistrationClients {
  secretsManager: SecretsManager;
}

export function registrationPorts(
  { secretsManager }: RegistrationClients,
  gitHub: () => GitHubRunners,
  clock: Clock,
  secretSettings: () => SecretSettings,
): RegistrationPorts {
  return {
    mintToken: (signal) => gitHub().registrationToken(signal),
    tokens: secretsManagerTokens(secretsManager, secretSettings),
    clock,
  };
}
