import type { Clock } from "../../clock";
import type { HostDriver } from "../host-driver";
import type { Random } from "../../random";
import type { Timeline } from "../../timeline";
import { type Authorisation, AwsError, type Principal, type ResourceStore, type Service, type Shape } from "../api";
import type { AwsAccount } from "../account";
import { Timers } from "../timers";
import { commandsOf, RUN_SHELL_SCRIPT } from "./document";
import { deliveryTimedOut, invalidInstances, type CommandInvocation, invocationDetail, invocationShape, settle } from "./run-command";

/** An instance as Systems Manager sees it. */
interface ManagedInstance {
  id: string;
  state: string;
  tags: Record<string, string>;
}

export interface SystemsManagerOptions {
  clock: Clock;
  timeline: Timeline;
  random: Random;
  account: AwsAccount;
  store: ResourceStore;
  driver: Pick<HostDriver, "runCommand">;
  instances: { get(id: string): ManagedInstance | undefined; list(): ManagedInstance[] };
  /** Whether the agent on the instance has registered and can be reached. */
  agentOnline(instanceId: string): boolean;
  /** Values of public parameters by name. */
  publicParameters: ReadonlyMap<string, string>;
  /** Time from SendCommand to the start of the command on the host, in ms; AWS's is around a second. */
  delivery?: { min: number; max: number };
}

interface Target {
  Key?: string;
  Values?: string[];
}

/** Run Command and public parameters. */
export class SystemsManager implements Service {
  readonly prefix = "ssm";
  /** Delivery times of a command to this instance, in ms after the call, one per copy; absent: once, within `delivery`. */
  deliveryTimes?: (instanceId: string) => readonly number[] | undefined;
  private readonly invocations: CommandInvocation[] = [];
  private readonly deliveries: Timers;

  constructor(private readonly options: SystemsManagerOptions) {
    this.deliveries = new Timers(options.clock);
  }

  /** Drops commands that are not yet delivered. */
  close(): void {
    this.deliveries.cancel();
  }

  authorisation(operation: string, params: Shape): Authorisation[] {
    const { region, accountId } = this.options.account;
    if (operation === "GetParameter") {
      const name = String(params["Name"] ?? "").replace(/^\//, "");
      // Public parameters belong to AWS: no account in their ARN.
      const account = name.startsWith("aws/") ? "" : accountId;
      return [{ resource: `arn:aws:ssm:${region}:${account}:parameter/${name}`, context: {} }];
    }
    if (operation !== "SendCommand") return [{ resource: "*", context: {} }];
    const name = String(params["DocumentName"] ?? "");
    const owner = name.startsWith("AWS-") ? "" : accountId;
    const document = this.options.store.get("aws:ssm/document:Document", name);
    const needed: Authorisation[] = [
      { resource: `arn:aws:ssm:${region}:${owner}:document/${name}`, context: resourceTags(document?.state["tagsAll"] ?? {}) },
    ];
    for (const id of this.targets(params)) {
      const instance = this.options.instances.get(id);
      needed.push({
        resource: `arn:aws:ec2:${region}:${accountId}:instance/${id}`,
        context: resourceTags(instance?.tags ?? {}),
        ...(instance ? {} : { missing: true }),
      });
    }
    return needed;
  }

  async execute(operation: string, params: Shape, _principal: Principal): Promise<Shape> {
    switch (operation) {
      case "SendCommand":
        return this.sendCommand(params);
      case "GetCommandInvocation":
        return this.getInvocation(params);
      case "ListCommandInvocations":
        return page("CommandInvocations", this.find(params).map(invocationShape), params);
      case "DescribeInstanceInformation":
        return this.describeInstances(params);
      case "GetParameter":
        return this.getParameter(params);
      default:
        throw new AwsError("UnknownOperationException", `The rehearsal's Systems Manager has no ${operation}.`);
    }
  }

  private sendCommand(params: Shape): Shape {
    const { clock, random, account, store } = this.options;
    const document = String(params["DocumentName"] ?? "");
    const deployed = store.get("aws:ssm/document:Document", document);
    const content = document === "AWS-RunShellScript" ? RUN_SHELL_SCRIPT : (deployed?.state["content"] as string | undefined);
    if (content === undefined) throw new AwsError("InvalidDocument", `Document with name ${document} does not exist.`);
    const timeout = params["TimeoutSeconds"] as number | undefined;
    if (timeout !== undefined && (timeout < 30 || timeout > 2_592_000)) {
      throw new AwsError(
        "ValidationException",
        `1 validation error detected: Value '${timeout}' at 'timeoutSeconds' failed to satisfy constraint: Member must be between 30 and 2592000`,
      );
    }
    const ids = this.targets(params);
    if (ids.length > 50) throw new AwsError("ValidationException", "InstanceIds: at most 50 instances per command");
    const commands = commandsOf(document, content, (params["Parameters"] as Record<string, string[]> | undefined) ?? {});
    const named = ((params["InstanceIds"] as string[] | undefined) ?? []).length > 0;
    const offline = ids.filter((id) => !this.options.agentOnline(id));
    // Named instances must all be reachable; targets by tag skip those that are not.
    if (named && offline.length > 0) throw invalidInstances(offline, account.accountId);
    const commandId = uuid(random);
    const reached = ids.filter((id) => !offline.includes(id));
    for (const instanceId of reached) {
      const invocation: CommandInvocation = {
        commandId,
        instanceId,
        document,
        requestedAt: clock.now(),
        status: "Pending",
        details: "Pending",
      };
      this.invocations.push(invocation);
      const { min, max } = this.options.delivery ?? { min: 400, max: 1200 };
      for (const ms of this.deliveryTimes?.(instanceId) ?? [random.between(min, max)]) {
        this.deliveries.after(ms, () => void this.deliver(invocation, commands));
      }
    }
    return {
      Command: {
        CommandId: commandId,
        DocumentName: document,
        InstanceIds: (params["InstanceIds"] as string[] | undefined) ?? [],
        Targets: params["Targets"] ?? [],
        Parameters: params["Parameters"] ?? {},
        RequestedDateTime: new Date(clock.now()),
        Status: "Pending",
        StatusDetails: "Pending",
        TargetCount: reached.length,
        ...(timeout === undefined ? {} : { TimeoutSeconds: timeout }),
      },
    };
  }

  private async deliver(invocation: CommandInvocation, commands: string[]): Promise<void> {
    const { driver, timeline } = this.options;
    invocation.status = "InProgress";
    invocation.details = "InProgress";
    try {
      settle(invocation, await driver.runCommand(invocation.instanceId, commands));
    } catch {
      // The machine disappeared between the agent's last ping and the delivery.
      deliveryTimedOut(invocation);
    }
    timeline.record({ kind: "command", instance: invocation.instanceId, document: invocation.document, outcome: invocation.details });
  }

  private targets(params: Shape): string[] {
    const ids = (params["InstanceIds"] as string[] | undefined) ?? [];
    const targets = (params["Targets"] as Target[] | undefined) ?? [];
    if (targets.length === 0) return ids;
    const matching = this.options.instances.list().filter((instance) => targets.every((target) => targeted(instance, target)));
    return [...new Set([...ids, ...matching.filter(({ state }) => state === "running").map(({ id }) => id)])];
  }

  private find(params: Shape): CommandInvocation[] {
    const { CommandId, InstanceId } = params as { CommandId?: string; InstanceId?: string };
    return this.invocations.filter(
      ({ commandId, instanceId }) =>
        (CommandId === undefined || commandId === CommandId) && (InstanceId === undefined || instanceId === InstanceId),
    );
  }

  private getInvocation(params: Shape): Shape {
    const [invocation] = this.find(params);
    if (!invocation)
      throw new AwsError("InvocationDoesNotExist", "The command ID and managed node ID you specified didn't match any invocations.");
    return invocationDetail(invocation);
  }

  private describeInstances(params: Shape): Shape {
    const filters = (params["Filters"] as Target[] | undefined) ?? [];
    const wanted = filters.find(({ Key }) => Key === "InstanceIds")?.Values;
    const online = this.options.instances.list().filter(({ id }) => (!wanted || wanted.includes(id)) && this.options.agentOnline(id));
    return page(
      "InstanceInformationList",
      online.map(({ id }) => ({ InstanceId: id, PingStatus: "Online", ResourceType: "EC2Instance" })),
      params,
    );
  }

  private getParameter(params: Shape): Shape {
    const name = String(params["Name"] ?? "");
    const value = this.options.publicParameters.get(name);
    if (value === undefined) throw new AwsError("ParameterNotFound", `Parameter ${name} not found.`);
    const region = this.options.account.region;
    return {
      Parameter: {
        Name: name,
        Value: value,
        Type: "String",
        Version: 1,
        DataType: "aws:ec2:image",
        ARN: `arn:aws:ssm:${region}::parameter${name}`,
      },
    };
  }
}

function targeted(instance: ManagedInstance, { Key = "", Values = [] }: Target): boolean {
  if (Key === "InstanceIds") return Values.includes(instance.id);
  if (!Key.startsWith("tag:")) throw new AwsError("InvalidTarget", `Target ${Key}: the rehearsal supports InstanceIds and tag:KEY.`);
  const value = instance.tags[Key.slice("tag:".length)];
  return value !== undefined && Values.includes(value);
}

/** 50 a page, Systems Manager's maximum. */
function page(field: string, items: Shape[], params: Shape): Shape {
  const start = Number(params["NextToken"] ?? 0);
  if (!Number.isSafeInteger(start) || start < 0) throw new AwsError("InvalidNextToken", "The specified token isn't valid.");
  const end = start + Math.min(Number(params["MaxResults"] ?? 50), 50);
  return { [field]: items.slice(start, end), ...(end < items.length ? { NextToken: String(end) } : {}) };
}

function resourceTags(tags: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tags).flatMap(([key, value]) => [
      [`aws:ResourceTag/${key}`, value],
      [`ssm:resourceTag/${key}`, value],
    ]),
  );
}

function uuid(random: Random): string {
  return [8, 4, 4, 4, 12].map((digits) => random.hex(digits)).join("-");
}
