import type { Authorisation, Principal, ResourceStore } from "../api";
import type { AwsAccount } from "../account";
import { contextOf, matchesAction, type Request, statementApplies } from "./match";
import { parsePolicy, type Statement } from "./policy";
import { loadRole, type RolePolicies } from "./roles";

export type Decision =
  | { allowed: true }
  | {
      allowed: false;
      message: string;
      resourceMissing: boolean;
      /** A function that still ran when a destroy deleted its role's policies: no fault of what they allowed. */
      withdrawn?: boolean;
    };

type RoleCaller = Exclude<Principal, { kind: "operator" | "anonymous" }>;

export interface UnusedGrant {
  role: string;
  policy: string;
  statement: string;
  /** As spelled in the policy, wildcards included. */
  action: string;
}

/**
 * Authorises calls by the policies that the program deployed, and records which grants were used. Parsed roles are
 * cached until the store changes, since a rehearsal of 10,000 instances authorises a few hundred thousand calls.
 */
export class Iam {
  /** True if such a call is always allowed, so that callers need not determine the resources that it touches. */
  allowsAll(_principal: Principal, _action: string): boolean {
    return false;
  }

  private readonly roles = new Map<string, RolePolicies | undefined>();
  /** Names of the roles that have had policies. */
  private readonly permitted = new Set<string>();
  private readonly used = new Map<string, UnusedGrant & { used: boolean; awsManaged: boolean }>();

  constructor(
    private readonly store: ResourceStore & { watch?: (changed: () => void) => () => void },
    private readonly account: AwsAccount,
  ) {
    store.watch?.(() => this.roles.clear());
  }

  role(name: string): RolePolicies | undefined {
    if (!this.store.watch) return this.remember(loadRole(this.store, name));
    if (!this.roles.has(name)) this.roles.set(name, this.remember(loadRole(this.store, name)));
    return this.roles.get(name);
  }

  /** The caller's condition keys: `aws:userid`, `aws:PrincipalTag/k` and so on. */
  callerContext(principal: RoleCaller): Record<string, string> {
    const role = this.role(principal.roleName);
    const { region, accountId } = this.account;
    const context: Record<string, string> = {
      "aws:PrincipalType": "AssumedRole",
      "aws:PrincipalAccount": accountId,
      "aws:RequestedRegion": region,
      "aws:SecureTransport": "true",
      "aws:ViaAWSService": "false",
    };
    if (role) {
      context["aws:PrincipalArn"] = role.arn;
      context["aws:userid"] = `${role.uniqueId}:${sessionName(principal)}`;
      for (const [key, value] of Object.entries(role.tags)) context[`aws:PrincipalTag/${key}`] = value;
    }
    if (principal.kind === "instance") {
      context["ec2:SourceInstanceARN"] = `arn:aws:ec2:${region}:${accountId}:instance/${principal.instanceId}`;
    }
    return context;
  }

  /** As `sts:GetCallerIdentity` returns it. */
  identity(principal: Exclude<Principal, { kind: "anonymous" }>): { UserId: string; Account: string; Arn: string } {
    const { accountId: Account } = this.account;
    if (principal.kind === "operator") return { UserId: "AIDAOPERATOR", Account, Arn: `arn:aws:iam::${Account}:user/operator` };
    const name = sessionName(principal);
    const UserId = `${this.role(principal.roleName)?.uniqueId ?? ""}:${name}`;
    return { UserId, Account, Arn: `arn:aws:sts::${Account}:assumed-role/${principal.roleName}/${name}` };
  }

  /**
   * Of a call that the code of a function makes itself. What Lambda does with the function's role, such as writing its log
   * or attaching it to a VPC, has no such key.
   */
  ownCallContext(principal: Principal): Record<string, string> {
    if (principal.kind !== "function") return {};
    const { region, accountId } = this.account;
    return { "lambda:SourceFunctionArn": `arn:aws:lambda:${region}:${accountId}:function:${principal.functionName}` };
  }

  authorise(principal: Principal, action: string, needed: Authorisation): Decision {
    if (principal.kind === "operator") return { allowed: true };
    if (principal.kind === "anonymous") {
      return { allowed: false, message: "Request is missing Authentication Token", resourceMissing: false };
    }
    const role = this.role(principal.roleName);
    const context = contextOf({ ...this.callerContext(principal), ...needed.context });
    const request: Request = { action: needed.action ?? action, resource: needed.resource, context };
    const denial = role ? this.decide(role, request) : "because the role does not exist";
    if (denial === undefined) return { allowed: true };
    const { accountId } = this.account;
    return {
      allowed: false,
      message:
        `User: arn:aws:sts::${accountId}:assumed-role/${principal.roleName}/${sessionName(principal)} is not authorized ` +
        `to perform: ${request.action} on resource: ${request.resource} ${denial}`,
      resourceMissing: needed.missing === true && !!role && this.decide(role, { ...request, assumeResourceTags: true }) === undefined,
      withdrawn: principal.kind === "function" && !role?.policies.length && this.permitted.has(principal.roleName),
    };
  }

  /** Whether a service (`ec2.amazonaws.com`) may assume the role; otherwise AWS issues no credentials. */
  trusts(roleName: string, service: string): boolean {
    const statements = this.role(roleName)?.trust ?? [];
    return permits(statements, service, { action: "sts:AssumeRole", resource: "*", context: contextOf({}) });
  }

  /** Whether an identity provider may assume the role for a token with these claims (`sub`, `aud`, without the provider's prefix). */
  trustsToken(roleName: string, provider: { arn: string; host: string }, claims: Record<string, string>): boolean {
    const context = contextOf(Object.fromEntries(Object.entries(claims).map(([claim, value]) => [`${provider.host}:${claim}`, value])));
    const request: Request = { action: "sts:AssumeRoleWithWebIdentity", resource: "*", context };
    const applies = (this.role(roleName)?.trust ?? []).filter(
      (statement) => (statement.principals?.["Federated"] ?? []).includes(provider.arn) && statementApplies(statement, request),
    );
    return applies.some(({ effect }) => effect === "Allow") && !applies.some(({ effect }) => effect === "Deny");
  }

  /**
   * Whether a resource's own policy (a queue's, a function's) admits a service. `context` holds aws:SourceArn and
   * aws:SourceAccount.
   */
  resourcePolicyAllows(
    document: unknown,
    where: string,
    service: string,
    request: { action: string; resource: string; context: Record<string, string> },
  ): boolean {
    const statements = parsePolicy(document, where, "resource");
    return permits(statements, service, { ...request, context: contextOf(request.context) });
  }

  /** Whether a resource's own policy explicitly denies a request to everyone. */
  resourcePolicyDenies(
    document: unknown,
    where: string,
    request: { action: string; resource: string; context: Record<string, string> },
  ): boolean {
    const context = contextOf(request.context);
    return parsePolicy(document, where, "resource").some(
      (statement) =>
        statement.effect === "Deny" && statement.principals?.["Any"] !== undefined && statementApplies(statement, { ...request, context }),
    );
  }

  /** Grants of the deployed roles that no call used. AWS managed policies are omitted, since they cannot be changed. */
  unusedGrants(): UnusedGrant[] {
    for (const role of this.store.list("aws:iam/role:Role")) this.role(role.state["name"] ?? role.id);
    return [...this.used.values()]
      .filter((grant) => !grant.used && !grant.awsManaged)
      .map(({ role, policy, statement, action }) => ({ role, policy, statement, action }));
  }

  /** Undefined if allowed, else AWS's reason. An explicit deny overrides every allow. */
  private decide(role: RolePolicies, request: Request): string | undefined {
    const identity = role.policies.flatMap((policy) => policy.statements.map((statement) => ({ policy, statement })));
    const boundary = role.boundary;
    if (identity.some(({ statement }) => statement.effect === "Deny" && statementApplies(statement, request))) {
      return "with an explicit deny in an identity-based policy";
    }
    if (boundary?.some((statement) => statement.effect === "Deny" && statementApplies(statement, request))) {
      return "with an explicit deny in a permissions boundary";
    }
    const granted = identity.filter(({ statement }) => statement.effect === "Allow" && statementApplies(statement, request));
    if (granted.length === 0) return `because no identity-based policy allows the ${request.action} action`;
    if (boundary && !boundary.some((statement) => statement.effect === "Allow" && statementApplies(statement, request))) {
      return `because no permissions boundary allows the ${request.action} action`;
    }
    if (!request.assumeResourceTags) {
      for (const { policy, statement } of granted) {
        for (const action of statement.actions) {
          const grant = this.used.get(grantKey(role.name, policy.name, statement.sid, action));
          if (grant && matchesAction(action, request.action)) grant.used = true;
        }
      }
    }
    return undefined;
  }

  private remember(role: RolePolicies | undefined): RolePolicies | undefined {
    for (const policy of role?.policies ?? []) {
      this.permitted.add(role!.name);
      for (const statement of policy.statements) {
        if (statement.effect !== "Allow") continue;
        for (const action of statement.actions) {
          const key = grantKey(role!.name, policy.name, statement.sid, action);
          if (this.used.has(key)) continue;
          const { awsManaged } = policy;
          this.used.set(key, { role: role!.name, policy: policy.name, statement: statement.sid, action, awsManaged, used: false });
        }
      }
    }
    return role;
  }
}

function permits(statements: Statement[], service: string, request: Request): boolean {
  const applies = statements.filter((statement) => namesService(statement, service) && statementApplies(statement, request));
  return applies.some(({ effect }) => effect === "Allow") && !applies.some(({ effect }) => effect === "Deny");
}

function namesService(statement: Statement, service: string): boolean {
  const { Any, Service } = statement.principals ?? {};
  return Any !== undefined || (Service ?? []).includes(service);
}

function sessionName(principal: RoleCaller): string {
  if (principal.kind === "session") return principal.sessionName;
  return principal.kind === "instance" ? principal.instanceId : principal.functionName;
}

function grantKey(...parts: string[]): string {
  return parts.join("\n");
}
