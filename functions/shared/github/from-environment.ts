import { readSecret } from "../aws/read-secret";
import { GitHubRunners } from "./runners";
import { GitHubTransport, type TransportLimits } from "./transport";
import { gitHubAccount } from "../../actions-runner-pool/shared/settings";

/**
 * GitHub as the environment describes it, made at its first use and kept for later invocations: with it live the
 * connection, the credentials and the installation token.
 */
export function gitHubFromEnvironment(limits: Partial<TransportLimits> = {}): () => GitHubRunners {
  let runners: GitHubRunners | undefined;
  return () => {
    if (!runners) {
      const account = gitHubAccount();
      runners = new GitHubRunners(new GitHubTransport(account, readSecret, limits), account.scope);
    }
    return runners;
  };
}
