import type { AutoScaling } from "../aws/autoscaling";
import type { Cloud } from "../aws/api";
import type { GitHub } from "../github";
import type { GroupControl, JobControl } from "../scenarios/actions-runner-pool/context";
import type { TimelineEvent, Timeline } from "../timeline";

export function groupControl(cloud: Cloud, autoscaling: AutoScaling): GroupControl {
  const operator = { kind: "operator" } as const;
  const group = () => {
    const [name] = autoscaling.groupNames();
    const view = name === undefined ? undefined : autoscaling.group(name);
    if (!view) throw new Error("there is no Auto Scaling group");
    return view;
  };
  return {
    inService: () => {
      if (autoscaling.groupNames().length === 0) return [];
      return group()
        .instances.filter(({ state }) => state === "InService")
        .map(({ id }) => id);
    },
    desired: () => group().desired,
    async setDesiredCapacity(desired) {
      await cloud.call(operator, "autoscaling:SetDesiredCapacity", {
        AutoScalingGroupName: group().name,
        DesiredCapacity: desired,
      });
    },
    async terminate(instance) {
      await cloud.call(operator, "autoscaling:TerminateInstanceInAutoScalingGroup", {
        InstanceId: instance,
        ShouldDecrementDesiredCapacity: true,
      });
    },
    refreshStatus: () => group().refresh,
  };
}

/** Jobs as the scenario sees them; what runs where is read off the timeline. */
export function jobControl(github: GitHub, timeline: Timeline, labels: string[]): JobControl {
  const running = new Map<string, string>();
  timeline.subscribe((event: TimelineEvent) => {
    if (event.kind !== "job") return;
    if (event.change === "steps-started" && event.instance) running.set(event.instance, event.job);
    if (["steps-ended", "succeeded", "failed", "lost"].includes(event.change)) {
      for (const [instance, job] of running) if (job === event.job) running.delete(instance);
    }
  });
  return {
    queue: ({ name, seconds }) => github.queueJob({ name, seconds, labels }),
    runningOn: (instance) => running.get(instance),
    online: () => github.runners().flatMap(({ online, name }) => (online ? [name] : [])),
  };
}
