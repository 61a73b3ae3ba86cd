import { SHARED_TOKEN_OWNER, sharedTokenName } from "../../../contract/actions-runner-pool/names";
import { TIMING } from "../../../contract/actions-runner-pool/timing";
import type { RegistrationToken } from "../../shared/github/runners";
import type { Clock } from "../../shared/lambda/clock";
import { type Log, reasonOf } from "../../shared/lambda/observer";

/**
 * Minimum remaining validity of a token that an instance gets, in ms. GitHub's tokens are valid for one hour. A host uses its
 * token after its setup, which may take 20 minutes (SETUP_TIMEOUT_MAX), and tries to do so for 10 minutes at most.
 */
export const LEFT_MS = 30 * 60_000;

/** Minimum validity that the sweep leaves, in ms: at its next run, even if that is one too late, LEFT_MS must be left. */
const KEPT_MS = LEFT_MS + 2 * TIMING.sweepInterval * 1000;

/** What a function's process remembers between invocations. */
export interface TokenMemory {
  token?: RegistrationToken;
}

/** Stores tokens as secrets: the shared one, and each instance's own copy. */
export interface TokenStore {
  /** `taken`: the host has just read and deleted an earlier token, so it needs no other. */
  put(secret: { name: string; value: string; owner: string; pool: string }): Promise<"created" | "replaced" | "taken">;
}

export interface SharedTokenPorts {
  create(signal: AbortSignal): Promise<RegistrationToken>;
  /** Undefined if there is none. */
  read(name: string): Promise<string | undefined>;
  tokens: TokenStore;
  clock: Clock;
}

/** Where the token is stored, and with which tag. */
export interface SharedTokenSettings {
  pool: string;
  secretPrefix: string;
}

/**
 * The registration token of a pool, which serves any number of registrations. Lambda starts an environment for each event
 * that arrives while the others are busy: a launch of 500 instances starts hundreds, and with a token for each they would
 * spend a third of an App's 5,000 calls an hour, and more in a minute than GitHub's secondary limits allow. So the sweep
 * keeps a valid one in a secret, and the register function creates one only if it finds none.
 */
export class SharedToken {
  constructor(
    private readonly ports: SharedTokenPorts,
    private readonly memory: TokenMemory,
    private readonly settings: SharedTokenSettings,
  ) {}

  /** A token that is valid for at least another 30 minutes. @throws what GitHub throws. */
  async forLaunch(log: Log, signal: AbortSignal): Promise<RegistrationToken> {
    return (await this.known(LEFT_MS, log)) ?? this.renew(log, signal);
  }

  /** Renews the stored token before the register function would have to. */
  async keep(log: Log, signal: AbortSignal): Promise<void> {
    if (!(await this.known(KEPT_MS, log))) await this.renew(log, signal);
  }

  private async known(leftMs: number, log: Log): Promise<RegistrationToken | undefined> {
    if (this.lasts(this.memory.token, leftMs)) return this.memory.token;
    const stored = await this.stored(log);
    return this.lasts(stored, leftMs) ? (this.memory.token = stored) : undefined;
  }

  private lasts(token: RegistrationToken | undefined, leftMs: number): token is RegistrationToken {
    return token !== undefined && Date.parse(token.expiresAt) - this.ports.clock.now() >= leftMs;
  }

  /** A launch must not fail because of the store: GitHub has as many tokens as are asked for. */
  private async stored(log: Log): Promise<RegistrationToken | undefined> {
    try {
      const value = await this.ports.read(sharedTokenName(this.settings.secretPrefix));
      return value === undefined ? undefined : parsed(value);
    } catch (error) {
      log.warn("the shared registration token cannot be read; another one is created", { reason: reasonOf(error) });
      return undefined;
    }
  }

  private async renew(log: Log, signal: AbortSignal): Promise<RegistrationToken> {
    const token = await this.ports.create(signal);
    this.memory.token = token;
    const { pool, secretPrefix } = this.settings;
    try {
      const name = sharedTokenName(secretPrefix);
      await this.ports.tokens.put({ name, value: JSON.stringify(token), owner: SHARED_TOKEN_OWNER, pool });
    } catch (error) {
      log.warn("the shared registration token cannot be stored; other environments create their own", { reason: reasonOf(error) });
    }
    return token;
  }
}

function parsed(value: string): RegistrationToken | undefined {
  try {
    const { token, expiresAt } = JSON.parse(value) as Partial<RegistrationToken>;
    return typeof token === "string" && typeof expiresAt === "string" ? { token, expiresAt } : undefined;
  } catch {
    return undefined;
  }
}
