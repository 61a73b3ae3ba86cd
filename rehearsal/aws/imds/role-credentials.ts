import type { Clock } from "../../clock";
import type { ServicePrincipal } from "../api";
import type { IssuedCredentials } from "../credentials";
import type { Instance } from "../ec2/instance";
import { type ImdsResponse, iso, json } from "./http";

/** Remaining validity below which credentials are renewed: IMDS offers new ones 5 minutes before the old ones expire. */
const RENEWAL_MS = 5 * 60_000;

/** Issues credentials for an instance's role; throws if the role cannot be assumed. */
export type IssueCredentials = (principal: ServicePrincipal) => IssuedCredentials;

/** The credentials of the instances' roles, as `iam/security-credentials/<role>` returns them. */
export class RoleCredentials {
  private readonly current = new Map<string, IssuedCredentials & { roleName: string }>();

  constructor(
    private readonly clock: Clock,
    private readonly issue: IssueCredentials,
  ) {}

  /** Undefined if the instance has another role or none. */
  of(instance: Instance, roleName: string): ImdsResponse | undefined {
    if (instance.profile?.roleName !== roleName) return undefined;
    const LastUpdated = iso(this.clock.now());
    let valid: IssuedCredentials;
    try {
      valid = this.valid(instance.id, roleName);
    } catch (error) {
      // The real service responds with 200 and this code if the role cannot be assumed.
      return json({ Code: "AssumeRoleUnauthorizedAccess", Message: (error as Error).message, LastUpdated });
    }
    return json({
      Code: "Success",
      LastUpdated,
      Type: "AWS-HMAC",
      AccessKeyId: valid.accessKeyId,
      SecretAccessKey: valid.secretAccessKey,
      Token: valid.sessionToken,
      Expiration: valid.expiration,
    });
  }

  private valid(instanceId: string, roleName: string): IssuedCredentials {
    const current = this.current.get(instanceId);
    if (current?.roleName === roleName && Date.parse(current.expiration) - this.clock.now() >= RENEWAL_MS) return current;
    const renewed = { ...this.issue({ kind: "instance", instanceId, roleName }), roleName };
    this.current.set(instanceId, renewed);
    return renewed;
  }
}
