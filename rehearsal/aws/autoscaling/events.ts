import { DETAIL_TYPE, EVENT_SOURCE, type LifecycleActionDetail, type InstanceLocation, TRANSITION } from "../../../contract/aws/lifecycle";
import type { Random } from "../../random";
import type { AwsAccount } from "../account";
import type { Action, Activity, Group, Member } from "./model";

/** An event as EventBridge delivers it. */
export interface EventBridgeEvent {
  version: "0";
  id: string;
  "detail-type": string;
  source: string;
  account: string;
  /** ISO 8601 with milliseconds. */
  time: string;
  region: string;
  resources: string[];
  detail: Record<string, unknown>;
}

/** Origin and destination of an instance, as in the events. */
export interface TransitionPath {
  origin: InstanceLocation;
  destination: InstanceLocation;
}

export interface EventWriterOptions {
  now: () => number;
  random: Random;
  account: AwsAccount;
  publish: (event: EventBridgeEvent) => void;
}

/** Writes Auto Scaling's events. The bus decides whether they arrive: delivery is best effort at AWS too. */
export class EventWriter {
  constructor(private readonly options: EventWriterOptions) {}

  actionOpened(member: Member, action: Action, path: TransitionPath): void {
    const detail: LifecycleActionDetail = {
      LifecycleActionToken: action.token,
      AutoScalingGroupName: member.group.config.name,
      LifecycleHookName: action.hook.name,
      EC2InstanceId: member.instance.id,
      LifecycleTransition: action.transition,
      ...(action.hook.notificationMetadata !== undefined && { NotificationMetadata: action.hook.notificationMetadata }),
      Origin: path.origin,
      Destination: path.destination,
    };
    const type = action.transition === TRANSITION.launching ? DETAIL_TYPE.launching : DETAIL_TYPE.terminating;
    this.write(type, [member.group.arn], { ...detail });
  }

  /** `EC2 Instance Launch Successful` and its three siblings. */
  activityEnded(verb: "Launch" | "Terminate", member: Member, activity: Activity, path: TransitionPath): void {
    const failed = activity.statusCode !== "Successful";
    this.write(`EC2 Instance ${verb} ${failed ? "Unsuccessful" : "Successful"}`, [member.group.arn, this.instanceArn(member.instance.id)], {
      Origin: path.origin,
      Destination: path.destination,
      StatusCode: failed ? "Failed" : "InProgress",
      Description: activity.description,
      AutoScalingGroupName: member.group.config.name,
      ActivityId: activity.id,
      Details: {
        "Availability Zone": member.instance.availabilityZone,
        "Subnet ID": member.instance.subnetId,
      },
      RequestId: activity.id,
      StatusMessage: activity.statusMessage ?? "",
      EndTime: new Date(this.options.now()).toISOString(),
      EC2InstanceId: member.instance.id,
      StartTime: new Date(activity.startTime).toISOString(),
      Cause: activity.cause,
    });
  }

  refreshChanged(group: Group, refreshId: string, change: "Started" | "Succeeded" | "Failed" | "Cancelled"): void {
    this.write(`EC2 Auto Scaling Instance Refresh ${change}`, [group.arn], {
      InstanceRefreshId: refreshId,
      AutoScalingGroupName: group.config.name,
    });
  }

  private write(type: string, resources: string[], detail: Record<string, unknown>): void {
    const { now, random, account, publish } = this.options;
    publish({
      version: "0",
      id: uuid(random),
      "detail-type": type,
      source: EVENT_SOURCE,
      account: account.accountId,
      time: new Date(now()).toISOString(),
      region: account.region,
      resources,
      detail,
    });
  }

  private instanceArn(id: string): string {
    const { region, accountId } = this.options.account;
    return `arn:aws:ec2:${region}:${accountId}:instance/${id}`;
  }
}

/** A version 4 UUID from the seeded generator, so that runs with the same seed have the same tokens. */
export function uuid(random: Random): string {
  const digits = random.hex(32);
  const variant = "89ab"[Number.parseInt(digits[16]!, 16) & 3]!;
  return [digits.slice(0, 8), digits.slice(8, 12), `4${digits.slice(13, 16)}`, `${variant}${digits.slice(17, 20)}`, digits.slice(20)].join(
    "-",
  );
}
