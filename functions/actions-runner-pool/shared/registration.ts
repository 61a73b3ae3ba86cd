import type { RegistrationSecret } from "../../../contract/actions-runner-pool/host";
import { METRIC } from "../../../contract/actions-runner-pool/metrics";
import { type PoolNames, registrationSecretName } from "../../../contract/actions-runner-pool/names";
import { secretOwner } from "../../../contract/shared/owned-secret";
import type { Clock } from "../../shared/lambda/clock";
import { within } from "../../shared/lambda/timeout";
import type { Observer } from "../../shared/lambda/observer";
import type { SharedToken, SharedTokenSettings, TokenStore } from "./shared-token";

export interface RegistrationPorts {
  sharedToken(settings: SharedTokenSettings): SharedToken;
  tokens: TokenStore;
  clock: Clock;
}

export interface RegistrationSettings {
  pool: string;
  names: PoolNames;
  /** Unique id (AROA...) of the instance role. */
  hostRoleId: string;
}

/** Bound on the calls to GitHub, and on those for the shared token, in ms. With the AWS calls' bounds it stays below the functions' timeouts (TIMING). */
const MINT_MS = 15_000;

/**
 * Stores a registration token where only the instance's own host can read it. Idempotent: the newest token
 * wins, and the sweep deletes a token that no host fetches.
 *
 * @throws what GitHub or Secrets Manager throw, after counting it as `RegistrationFailures`.
 */
export async function provideToken(
  instanceId: string,
  ports: RegistrationPorts,
  settings: RegistrationSettings,
  { log, count }: Observer,
): Promise<void> {
  try {
    const shared = ports.sharedToken({ pool: settings.pool, secretPrefix: settings.names.secretPrefix });
    const { token, expiresAt } = await within(ports.clock, "minting a registration token", MINT_MS, (signal) =>
      shared.forLaunch(log, signal),
    );
    const value: RegistrationSecret = { token, expiresAt };
    const outcome = await ports.tokens.put({
      name: registrationSecretName(settings.names.secretPrefix, instanceId),
      value: JSON.stringify(value),
      owner: secretOwner(settings.hostRoleId, instanceId),
      pool: settings.pool,
    });
    log.info("registration token provided", { instanceId, outcome, expiresAt });
  } catch (error) {
    count(METRIC.registrationFailures);
    throw error;
  }
}

/** Keeps a token ready for mass launches. */
export async function keepToken(
  ports: Pick<RegistrationPorts, "sharedToken" | "clock">,
  { pool, names }: Pick<RegistrationSettings, "pool" | "names">,
  { log }: Observer,
): Promise<void> {
  const shared = ports.sharedToken({ pool, secretPrefix: names.secretPrefix });
  await within(ports.clock, "keeping a registration token", MINT_MS, (signal) => shared.keep(log, signal));
}
