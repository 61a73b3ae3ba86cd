import type { Clock } from "../clock";
import type { Random } from "../random";
import type { Principal, ServicePrincipal } from "./api";
import type { Iam } from "./iam/iam";

export interface IssuedCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  /** ISO 8601. */
  expiration: string;
}

interface Entry extends IssuedCredentials {
  principal: Principal;
  expiresAt: number;
}

/** Six hours, as for credentials from the instance metadata service. */
const LIFETIME_MS = 6 * 3600_000;

const SERVICE_OF = { instance: "ec2.amazonaws.com", function: "lambda.amazonaws.com" } as const;

export class Credentials {
  private readonly entries = new Map<string, Entry>();

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly iam: Iam,
  ) {}

  /**
   * Issues temporary credentials for a role, or permanent ones for the operator. Throws if the role does not exist or
   * its trust policy does not let the service assume it.
   */
  issue(principal: ServicePrincipal | { kind: "operator" }): IssuedCredentials {
    if (principal.kind !== "operator") {
      const service = SERVICE_OF[principal.kind];
      if (!this.iam.role(principal.roleName)) throw new Error(`role ${principal.roleName} is not deployed`);
      if (!this.iam.trusts(principal.roleName, service)) {
        throw new Error(`role ${principal.roleName} does not trust ${service}: add it to the role's assumeRolePolicy`);
      }
    }
    return this.create(principal, LIFETIME_MS);
  }

  /** For a caller that STS lets assume a role. */
  issueSession(session: Extract<Principal, { kind: "session" }>, lifetimeMs: number): IssuedCredentials {
    return this.create(session, lifetimeMs);
  }

  find(accessKeyId: string): (IssuedCredentials & { principal: Principal; expired: boolean }) | undefined {
    const entry = this.entries.get(accessKeyId);
    return entry && { ...publicPart(entry), principal: entry.principal, expired: this.clock.now() >= entry.expiresAt };
  }

  private create(principal: Principal, lifetimeMs: number): IssuedCredentials {
    const permanent = principal.kind === "operator";
    const expiresAt = permanent ? Number.MAX_SAFE_INTEGER : this.clock.now() + lifetimeMs;
    const entry: Entry = {
      principal,
      expiresAt,
      accessKeyId: (permanent ? "AKIA" : "ASIA") + this.random.hex(16).toUpperCase(),
      secretAccessKey: this.random.hex(40),
      ...(permanent ? {} : { sessionToken: this.random.hex(160) }),
      expiration: new Date(permanent ? 8.64e15 : expiresAt).toISOString(),
    };
    this.entries.set(entry.accessKeyId, entry);
    return publicPart(entry);
  }
}

function publicPart({ accessKeyId, secretAccessKey, sessionToken, expiration }: Entry): IssuedCredentials {
  return { accessKeyId, secretAccessKey, sessionToken, expiration };
}
