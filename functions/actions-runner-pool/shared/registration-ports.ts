import type { SecretsManager } from "../../shared/aws/clients";
import type { GitHubRunners } from "../../shared/github/runners";
import type { Clock } from "../../shared/lambda/clock";
import type { RegistrationPorts } from "./registration";
import { secretsManagerTokens } from "./token-store";

export interface RegistrationClients {
  secretsManager: SecretsManager;
}

export function registrationPorts({ secretsManager }: RegistrationClients, gitHub: () => GitHubRunners, clock: Clock): RegistrationPorts {
  return {
    mintToken: (signal) => gitHub().registrationToken(signal),
    tokens: secretsManagerTokens(secretsManager),
    clock,
  };
}
