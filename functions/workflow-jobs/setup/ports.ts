import type { Clock } from "../../shared/lambda/clock";
import type { GitHubApis } from "../shared/github-apis";
import type { SecretStore } from "./secret-store";

export interface SetupPorts {
  /**
   * Created at the first use: a manual webhook needs no GitHub but for the check.
   *
   * @param account another one that the same App may serve; default: the component's.
   */
  gitHub: (account?: string) => Pick<GitHubApis, "app" | "hooks" | "scope">;
  store: SecretStore;
  /** A new secret: 32 random bytes in hexadecimal. */
  newSecret(): string;
  clock: Clock;
}
