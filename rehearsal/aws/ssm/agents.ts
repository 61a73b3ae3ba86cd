import type { Clock } from "../../clock";
import type { Principal } from "../api";
import type { Denial } from "../gateway";
import type { Instance } from "../ec2";
import type { Iam } from "../iam/iam";
import type { AwsAccount } from "../account";

/** Permissions that the SSM agent needs in its instance's role to register, to receive commands and to report results. */
const REGISTER = "ssm:UpdateInstanceInformation";
const CHANNELS = ["CreateControlChannel", "OpenControlChannel", "CreateDataChannel", "OpenDataChannel"];

export interface AgentsOptions {
  clock: Clock;
  iam: Iam;
  account: AwsAccount;
  instances: { get(id: string): Instance | undefined };
  /** Time from launch until the agent has registered, in ms; a minute or two at AWS. */
  registrationMs: number;
  /** Called once per role and action that the agent lacks. */
  refused(denial: Denial): void;
}

/** The SSM agents. Systems Manager reaches an instance that is running and registered and whose role permits the agent. */
export class Agents {
  private readonly reported = new Set<string>();

  constructor(private readonly options: AgentsOptions) {}

  online(instanceId: string): boolean {
    const { clock, instances, registrationMs } = this.options;
    const instance = instances.get(instanceId);
    if (!instance || instance.state !== "running" || clock.now() - instance.launchedAt < registrationMs) return false;
    const roleName = instance.profile?.roleName;
    if (roleName === undefined) return false;
    const principal = { kind: "instance" as const, instanceId, roleName };
    const { region, accountId } = this.options.account;
    const self = `arn:aws:ec2:${region}:${accountId}:instance/${instanceId}`;
    return this.allowed(principal, REGISTER, self) && CHANNELS.every((channel) => this.allowed(principal, `ssmmessages:${channel}`, "*"));
  }

  private allowed(principal: Extract<Principal, { kind: "instance" }>, action: string, resource: string): boolean {
    if (this.options.iam.authorise(principal, action, { resource, context: {} }).allowed) return true;
    const key = `${principal.roleName} ${action}`;
    if (!this.reported.has(key)) this.options.refused({ principal: "instance", action, resource });
    this.reported.add(key);
    return false;
  }
}
