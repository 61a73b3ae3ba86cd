import type { AwsAccount } from "../account";
import type { DeployedResource, Principal, ResourceStore } from "../api";
import type { Iam } from "../iam/iam";
import { contextOf, statementApplies } from "../iam/match";
import { parsePolicy } from "../iam/policy";

const KEY = "aws:kms/key:Key";
const ALIAS = "aws:kms/alias:Alias";

/** Keys that AWS manages in each account: any principal of the account may use them through their service. */
const AWS_KEY = /(^|:)alias\/aws\/\w+$/;

/** Whether the administrator has prepared the keys that the program did not create, whose policies are not known here. */
export type OtherKeys = "prepared" | "unprepared";

/** By id, by ARN, or by the name or ARN of an alias. */
export function findKey(store: ResourceStore, given: string): DeployedResource | undefined {
  const alias = store.list(ALIAS).find(({ state }) => state.name === given || state.arn === given);
  const id = alias ? String(alias.state.targetKeyId) : given;
  return store.list(KEY).find((key) => key.id === id || key.state.arn === id);
}

interface KeyUse {
  /** As the program gave it. */
  key: string;
  actions: readonly string[];
  /** What the service binds the data to. */
  encryptionContext?: Readonly<Record<string, string>>;
  /** Further condition keys of the service's call. */
  context?: Readonly<Record<string, string>>;
}

/**
 * Who may use a key. Services call KMS either with the permissions of their caller (Secrets Manager, SQS, S3), who needs an
 * identity policy and a key policy that admits the account or the role, or as themselves (EventBridge, CloudWatch Logs), which only the
 * key policy can allow.
 */
export class KmsKeys {
  constructor(
    private readonly store: ResourceStore,
    private readonly iam: Iam,
    private readonly account: AwsAccount,
    private readonly otherKeys: OtherKeys = "prepared",
  ) {}

  /** Why the principal may not use the key through the service; undefined if it may. */
  refusal(
    principal: Principal,
    { key: given, actions, encryptionContext = {}, context: more = {} }: KeyUse,
    service: string,
  ): string | undefined {
    if (principal.kind === "operator" || AWS_KEY.test(given)) return undefined;
    const key = findKey(this.store, given);
    const resource = String(key?.state.arn ?? given);
    const context = {
      "kms:ViaService": `${service}.${this.account.region}.amazonaws.com`,
      "kms:CallerAccount": this.account.accountId,
      ...Object.fromEntries(Object.entries(encryptionContext).map(([name, value]) => [`kms:EncryptionContext:${name}`, value])),
      ...more,
    };
    for (const action of actions) {
      const identity = this.iam.authorise(principal, action, { resource, context });
      if (!identity.allowed) return identity.message;
      const { accountId } = this.account;
      const role = principal.kind === "anonymous" ? undefined : this.iam.role(principal.roleName);
      const named = [`arn:aws:iam::${accountId}:root`, accountId, role?.arn ?? ""];
      if (!this.policyAllows(key, "AWS", named, { action, resource, context }))
        return `not authorized to perform: ${action} on resource: ${resource} because no resource-based policy allows the ${action} action`;
    }
    return undefined;
  }

  /** Whether the key's own policy lets a service use it in its own name. */
  admits(service: string, { key: given, actions }: KeyUse, context: Record<string, string>): boolean {
    if (AWS_KEY.test(given)) return true;
    const key = findKey(this.store, given);
    const resource = String(key?.state.arn ?? given);
    return actions.every((action) => this.policyAllows(key, "Service", [service], { action, resource, context }));
  }

  private policyAllows(
    key: DeployedResource | undefined,
    kind: "AWS" | "Service",
    names: readonly string[],
    request: { action: string; resource: string; context: Record<string, string> },
  ): boolean {
    if (!key) return this.otherKeys === "prepared";
    if (key.state.isEnabled === false) return false;
    const applying = parsePolicy(key.state.policy, `policy of KMS key ${key.id}`, "resource").filter(
      (statement) =>
        (statement.principals?.["Any"] !== undefined || statement.principals?.[kind]?.some((name) => names.includes(name))) &&
        statementApplies(statement, { ...request, context: contextOf(request.context) }),
    );
    return applying.some(({ effect }) => effect === "Allow") && !applying.some(({ effect }) => effect === "Deny");
  }
}
