import { Clock } from "../../clock";
import { Principal } from "../api";
import { Denial } from "../cloud";
import { Instance } from "../ec2";
import { Iam } from "../iam/iam";

/** What the agent needs of its instance's role to register and to hear of commands. */
const NEEDED = ["ssm:UpdateInstanceInformation", "ssmmessages:CreateControlChannel", "ssmmessages:OpenControlChannel"];

export interface AgentsOptions {
  clock: Clock;
  iam: Iam;
  instances: { get(id: string): Instance | undefined };
  /** Time from launch until the agent has registered, in ms; a minute or two at AWS. */
  registrationMs: number;
  /** Told once per role and action that the agent lacks. */
  refused(denial: Denial): void;
}

/** Which instances Systems Manager can reach: running, registered, and with a role that lets the agent in. */
export class Agents {
  private readonly reported = new Set<string>();

  constructor(private readonly options: AgentsOptions) {}

  online(instanceId: string): boolean {
    const { clock, instances, registrationMs } = this.options;
    const instance = instances.get(instanceId);
    if (!instance || instance.state !== "running" || clock.now() - instance.launchedAt < registrationMs) return false;
    const roleName = instance.profile?.roleName;
    if (roleName === undefined) return false;
    const principal: Principal = { kind: "instance", instanceId, roleName };
    return NEEDED.every((action) => this.allowed(principal, action, roleName));
  }

  private allowed(principal: Principal, action: string, roleName: string): boolean {
    if (this.options.iam.authorise(principal, action, { resource: "*", context: {} }).allowed) return true;
    const key = `${roleName} ${action}`;
    if (!this.reported.has(key)) this.options.refused({ principal: "instance", action, resource: "*" });
    this.reported.add(key);
    return false;
  }
}
