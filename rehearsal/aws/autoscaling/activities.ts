import type { Clock } from "../../clock";
import type { Random } from "../../random";
import { uuid } from "./events";
import type { Activity, Group, Member } from "./model";

/** AWS keeps activities for six weeks; the stand-in keeps the latest thousand per group, for long simulations. */
const KEPT = 1000;

/** AWS's entry in the activity history when protection blocks a scale-in. */
const ALL_PROTECTED = "Could not scale to desired capacity because all remaining instances are protected from scale in.";

/** The scaling activities of each group, with instance and cause. */
export class Activities {
  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
  ) {}

  begin(group: Group, description: string, cause: string, member?: Member): Activity {
    const activity: Activity = {
      group,
      id: uuid(this.random),
      description,
      cause,
      startTime: this.clock.now(),
      statusCode: "InProgress",
      progress: 50,
      details: member ? { "Subnet ID": member.instance.subnetId, "Availability Zone": member.instance.availabilityZone } : {},
    };
    group.activities.unshift(activity);
    if (group.activities.length > KEPT) group.activities.length = KEPT;
    return activity;
  }

  /** Only the first end counts: an activity that failed is not ended again as cancelled. */
  end(activity: Activity, statusCode: "Successful" | "Failed" | "Cancelled", message?: string): void {
    if (activity.endTime !== undefined) return;
    activity.statusCode = statusCode;
    activity.statusMessage = message;
    activity.endTime = this.clock.now();
    activity.progress = 100;
  }

  /** Records that protection blocks a scale-in, unless this is already the latest entry. */
  protectionBlocks(group: Group): void {
    if (group.activities[0]?.description === ALL_PROTECTED) return;
    const activity = this.begin(group, ALL_PROTECTED, this.stamp("the desired capacity is below the actual capacity."));
    this.end(activity, "Failed", ALL_PROTECTED);
  }

  /** `At <time> <event>`, the wording of causes. */
  stamp(event: string): string {
    return `At ${new Date(this.clock.now()).toISOString().replace(/\.\d+Z$/, "Z")} ${event}`;
  }
}
