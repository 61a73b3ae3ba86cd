import { POOL_TAG } from "../../../contract/actions-runner-pool/names";
import { OWNER_TAG } from "../../../contract/shared/owned-secret";
import type { SecretsManager } from "../../shared/aws/clients";
import { putSecret } from "../../shared/aws/put-secret";
import type { TokenStore } from "./shared-token";

export interface SecretSettings {
  /** The pool's tags. A Service Control Policy may demand some of them in the call that creates a secret. */
  tags: Readonly<Record<string, string>>;
  /** The customer's key that encrypts the secrets; absent: `aws/secretsmanager`. */
  kmsKeyArn?: string;
}

/**
 * One secret per instance, tagged with its owner: the host's policy allows only the secret whose owner tag names it. A duplicate of the
 * event, or a late retry, replaces a stored token that may have expired: the newest wins.
 *
 * @param settings read only when a secret is created, so that a mistake in them cannot prevent anything else.
 */
export function secretsManagerTokens(client: SecretsManager, settings: () => SecretSettings): TokenStore {
  return {
    async put({ name, value, pool, owner }) {
      const { tags, kmsKeyArn } = settings();
      return putSecret(client, {
        name,
        description: "Registration token of one runner; deleted by its host on first use",
        value,
        tags: { ...tags, [POOL_TAG]: pool, [OWNER_TAG]: owner },
        ...(kmsKeyArn === undefined ? {} : { kmsKeyArn }),
      });
    },
  };
}
