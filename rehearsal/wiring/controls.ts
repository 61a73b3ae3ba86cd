import type { AutoScaling } from "../cloud/autoscaling";
import { Cloud } from "../cloud/api";
import { Clock } from "../clock";
import type { StackHandle } from "../engine/engine";
import type { Drift } from "../engine/result";
import { GitHub } from "../github";
import { EngineControl, EngineResult, GroupControl, JobControl } from "../scenario/stage";
import { TimelineEvent, Timeline } from "../timeline";
import { hold } from "../virtual-clock";

/** Outputs of a group that move whenever it scales; their change is no drift. */
const SCALINGS_OWN = new Set(["desiredCapacity", "warmPoolSize"]);

export interface EngineParts {
  version: string;
  /** Opens the stack, with further configuration in place of the stack's own. */
  open(overrides: Record<string, unknown>): Promise<StackHandle>;
  /** What a pull request would change so that new instances differ from old ones. */
  change: Record<string, unknown>;
  clock: Clock;
}

/** The engine, for the scenario: virtual time stands still while it works, but for its waits on the cloud. */
export async function engineControl(parts: EngineParts): Promise<EngineControl> {
  let stack = await parts.open({});
  const run = async <T>(operation: () => Promise<T>): Promise<T> => {
    const release = hold(parts.clock);
    try {
      return await operation();
    } finally {
      release();
    }
  };
  const result = ({ seconds, changes }: EngineResult): EngineResult => ({ seconds, changes });
  return {
    version: parts.version,
    preview: () => run(async () => result(await stack.preview())),
    up: () => run(async () => result(await stack.up())),
    destroy: () => run(async () => result(await stack.destroy())),
    refresh: () => run(async () => ({ drift: (await stack.refresh()).drift.flatMap(describeDrift) })),
    resourceCount: () => run(async () => (await stack.resources()).length),
    changeLaunchTemplate: async () => {
      stack = await run(() => parts.open(parts.change));
    },
  };
}

function describeDrift(drift: Drift): string[] {
  if (drift.gone) return [`${drift.name}: gone`];
  const properties = Object.keys(drift.properties).filter((property) => !SCALINGS_OWN.has(property));
  return properties.length === 0 ? [] : [`${drift.name} (${drift.type}): ${properties.join(", ")}`];
}

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
