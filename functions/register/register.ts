import type { RegistrationSecret } from "../../contract/host";
import { METRIC } from "../../contract/metrics";
import { PoolNames, registrationSecretName, secretOwner } from "../../contract/names";
import { within } from "../shared/bounded";
import { parsePoolEvent } from "../shared/events";
import type { RegistrationToken } from "../shared/github/runners";
import type { Observer } from "../shared/observe";

export interface TokenStore {
  /** `taken`: the host took and deleted an earlier token just now, so that none is wanted any more. */
  put(secret: { name: string; value: string; owner: string; pool: string }): Promise<"created" | "replaced" | "taken">;
}

export interface RegisterPorts {
  mintToken(signal: AbortSignal): Promise<RegistrationToken>;
  tokens: TokenStore;
}

export interface RegisterSettings {
  pool: string;
  names: PoolNames;
  /** Unique id (AROA...) of the instance role. */
  hostRoleId: string;
}

/** Bound on GitHub's part, in ms; with the SDK's bounds it stays below a function timeout of 30 s. */
const MINT_MS = 15_000;

/**
 * Gives an instance on its way into service a registration token. Late on purpose: an instance that only enters the
 * warm pool gets none, so that no runner of the pool idles at GitHub until it is removed there after 14 days.
 *
 * It never abandons the launch. A failure is thrown, Lambda tries the event again twice, and if GitHub stays out of
 * reach the launch hook's own timeout abandons the instance. A token for an instance that is gone by then (the event
 * came late) opens nothing and is swept.
 */
export async function register(
  event: unknown,
  ports: RegisterPorts,
  settings: RegisterSettings,
  { log, count }: Observer,
): Promise<void> {
  const parsed = parsePoolEvent(event, settings.names);
  if (parsed.kind === "malformed") {
    log.error("malformed event: nothing done", { problem: parsed.problem });
    count(METRIC.malformedEvents);
    return;
  }
  if (parsed.kind !== "launching") {
    log.info("event is not for this function", { reason: parsed.kind === "foreign" ? parsed.reason : parsed.kind });
    return;
  }
  // A group without a warm pool may leave the destination out: only one that names another place is left alone.
  if (parsed.destination !== undefined && parsed.destination !== "AutoScalingGroup") {
    log.info("instance is not going into service: no token", { destination: parsed.destination });
    return;
  }
  try {
    const { token, expiresAt } = await within("minting a registration token", MINT_MS, ports.mintToken);
    const value: RegistrationSecret = { token, expiresAt };
    const outcome = await ports.tokens.put({
      name: registrationSecretName(settings.names.secretPrefix, parsed.instanceId),
      value: JSON.stringify(value),
      owner: secretOwner(settings.hostRoleId, parsed.instanceId),
      pool: settings.pool,
    });
    log.info("registration token provided", { outcome, expiresAt });
  } catch (error) {
    count(METRIC.registrationFailures);
    throw error;
  }
}
