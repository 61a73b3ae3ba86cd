import type { Clock } from "../clock";
import type { Timeline } from "../timeline";
import { type Authorisation, AwsError, type AwsApi, type Principal, type Service, type Shape } from "./api";
import { AwsFaults } from "./api-faults";
import type { Iam } from "./iam/iam";

export interface Denial {
  principal: string;
  action: string;
  resource: string;
}

export interface AwsGatewayOptions {
  clock: Clock;
  timeline: Timeline;
  iam: Iam;
}

/** Single entry point to all services: authorises, counts, injects faults, executes, and records on the timeline. */
export class AwsGateway implements AwsApi {
  readonly faults: AwsFaults;
  private readonly services = new Map<string, Service>();
  private readonly counts = new Map<string, Map<string, number>>();
  private readonly denials: Denial[] = [];

  constructor(private readonly options: AwsGatewayOptions) {
    this.faults = new AwsFaults(options.clock);
  }

  register(...services: Service[]): void {
    for (const service of services) {
      if (this.services.has(service.prefix)) throw new Error(`two services claim the IAM prefix ${service.prefix}`);
      this.services.set(service.prefix, service);
    }
  }

  async call(principal: Principal, action: string, params: Shape): Promise<Shape> {
    const label = labelOf(principal);
    const instance = principal.kind === "instance" ? principal.instanceId : undefined;
    this.count(label, action);
    let outcome = "ok";
    try {
      const { service, operation } = this.find(action);
      if (!this.options.iam.allowsAll(principal, action)) {
        const own = this.options.iam.ownCallContext(principal);
        for (const needed of service.authorisation(operation, params)) {
          this.authorise(principal, action, { ...needed, context: { ...own, ...needed.context } });
        }
      }
      const fault = this.faults.match(label, action, instance);
      if (fault) await this.faults.strike(fault);
      return await service.execute(operation, params, principal);
    } catch (error) {
      outcome = error instanceof AwsError ? error.code : "InternalFailure";
      throw error;
    } finally {
      this.options.timeline.record({ kind: "api-call", principal: label, action, outcome, ...(instance ? { instance } : {}) });
    }
  }

  /**
   * Authorises without a call, for what AWS itself does with a role (writing a function's log, registering an SSM
   * agent). Throws AccessDenied like a call and records it.
   */
  authorise(principal: Principal, action: string, needed: Authorisation): void {
    const iam = this.options.iam;
    const decision = iam.authorise(principal, action, needed);
    if (decision.allowed) return;
    if (!decision.resourceMissing && !decision.withdrawn) {
      this.recordDenial({ principal: labelOf(principal), action: needed.action ?? action, resource: needed.resource });
    }
    throw denied(action, decision.message);
  }

  /** For denials outside a role's calls: a resource policy that does not admit a service. */
  recordDenial(denial: Denial): void {
    this.denials.push(denial);
    this.options.timeline.record({ kind: "denied", ...denial });
  }

  /** Calls by principal, then by action, including denied and failed ones. */
  calls(): Record<string, Record<string, number>> {
    return Object.fromEntries([...this.counts].map(([principal, byAction]) => [principal, Object.fromEntries(byAction)]));
  }

  denied(): Denial[] {
    return [...this.denials];
  }

  private find(action: string): { service: Service; operation: string } {
    const [prefix = "", operation = ""] = action.split(":");
    const service = this.services.get(prefix);
    if (!service) {
      throw new AwsError("UnknownOperationException", `The rehearsal has no service "${prefix}" (asked for ${action}).`, 400);
    }
    return { service, operation };
  }

  private count(principal: string, action: string): void {
    const byAction = this.counts.get(principal) ?? new Map<string, number>();
    this.counts.set(principal, byAction);
    byAction.set(action, (byAction.get(action) ?? 0) + 1);
  }
}

/** The label of a caller on the timeline and in the figures: one for all instances, one for each function or assumed role by name. */
export function labelOf(principal: Principal): string {
  if (principal.kind === "session") return principal.roleName;
  return principal.kind === "function" ? principal.functionName : principal.kind;
}

/** Each protocol has its own name and status for a denial. */
function denied(action: string, message: string): AwsError {
  if (action.startsWith("ec2:")) {
    return new AwsError("UnauthorizedOperation", `You are not authorized to perform this operation. ${message}`, 403);
  }
  if (action.startsWith("lambda:")) return new AwsError("AccessDeniedException", message, 403);
  const json = /^(dynamodb|ssm|secretsmanager|events|logs):/.test(action);
  return json ? new AwsError("AccessDeniedException", message, 400) : new AwsError("AccessDenied", message, 403);
}
