import fc from "fast-check";
import { hedge } from "../../../functions/actions-runner-pool/scale/policy/hedge";
import type { decide as Decide } from "../../../functions/actions-runner-pool/scale/policy/decide";
import { MINUTE, SECOND } from "../../functions/actions-runner-pool/scale/policy/fixture";
import { GroupModel, type GroupSpec, settle } from "./group-model";

type Step =
  | { do: "queue"; jobs: number; lost: boolean }
  | { do: "end"; what: "running" | "waiting"; jobs: number; lost: boolean }
  | { do: "repeat" | "lose" | "reconcile" | "pass" }
  | { do: "source"; down: boolean }
  | { do: "boots"; seconds: number; fail: boolean; dead: boolean }
  | { do: "wait"; seconds: number };

export interface Plan {
  spec: GroupSpec;
  steps: Step[];
}

const count = fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 1, max: 3 }) }, { weight: 1, arbitrary: fc.integer({ min: 4, max: 30 }) });
const sometimes = fc.integer({ min: 0, max: 2 }).map((number) => number === 2);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant("queue" as const), jobs: count, lost: sometimes }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant("end" as const), what: fc.constantFrom("running", "waiting"), jobs: count, lost: sometimes }),
  },
  { weight: 4, arbitrary: fc.constantFrom({ do: "repeat" }, { do: "lose" }, { do: "reconcile" }, { do: "pass" }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("source" as const), down: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("boots" as const),
      seconds: fc.integer({ min: 10, max: 240 }),
      fail: fc.boolean(),
      dead: sometimes,
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      seconds: fc.oneof(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 60, max: 1200 })),
    }),
  },
) as fc.Arbitrary<Step>;

const spec: fc.Arbitrary<GroupSpec> = fc
  .record({
    idleTimeout: fc.constantFrom(60, 300),
    minIdle: fc.constantFrom(0, 0, 1, 5),
    minSize: fc.constantFrom(0, 0, 2),
    scheduledFloor: fc.constantFrom(0, 0, 4, 60),
    maxSize: fc.constantFrom(3, 20, 200),
  })
  .map(({ idleTimeout, minIdle, ...group }) => ({
    ...group,
    settings: { idleTimeout: idleTimeout * SECOND, minIdle, staleAfter: 13 * MINUTE, notAssignedAfter: 90 * SECOND },
  }));

export const plans: fc.Arbitrary<Plan> = fc.record({ spec, steps: fc.array(step, { maxLength: 40 }) });

function perform(model: GroupModel, step: Step): void {
  const repeated = (times: number, act: () => void) => {
    for (let index = 0; index < times; index++) act();
  };
  switch (step.do) {
    case "queue":
      return repeated(step.jobs, () => model.queue(step.lost));
    case "end":
      return repeated(step.jobs, () => model.end(step.what, step.lost));
    case "source":
      model.problem = step.down ? "down" : undefined;
      return;
    case "boots":
      // At the maximum nothing can replace a runner that takes no job.
      model.boot = { time: step.seconds * SECOND, fails: step.fail, dead: step.dead && model.hasRoom };
      return;
    case "wait":
      // As its schedule does, and no decision may depend on a signal.
      for (let left = step.seconds; left > 0; left -= 60) {
        model.advance(Math.min(60, left) * SECOND);
        model.pass();
      }
      return;
    case "pass":
      return void model.pass();
    default:
      return model[step.do]();
  }
}

/** Everything that goes wrong in a plan, by the given policy. */
export function broken({ spec, steps }: Plan, decide: typeof Decide): string[] {
  const model = new GroupModel(decide, spec);
  for (const step of steps) {
    perform(model, step);
    if (step.do !== "wait" && step.do !== "boots" && step.do !== "pass") model.pass();
    if (model.problems.length > 0) return model.problems;
  }
  settle(model);
  return [...model.problems, ...unsettled(model, spec), ...tooManyLaunches(model, spec)];
}

function unsettled(model: GroupModel, { maxSize }: GroupSpec): string[] {
  const { desired, inService } = model.sizes();
  const needed = model.needed();
  const found: string[] = [];
  if (desired !== needed || inService !== needed)
    found.push(`the group ends at ${desired} desired, ${inService} in service, not ${needed}`);
  const waiting = model.in("waiting").length;
  if (waiting > 0 && model.in("running").length < maxSize) found.push(`${waiting} jobs wait below the maximum`);
  return found;
}

/**
 * Each job causes at most one launch when it arrives, its share of a hedge, and one to restore an idle runner that it takes or a floor
 * under it. What Auto Scaling repeats by itself is not the policy's.
 */
function tooManyLaunches(
  { jobs, launches, replacements, substitutes }: GroupModel,
  { minSize, scheduledFloor, settings }: GroupSpec,
): string[] {
  const floors = Math.max(minSize, scheduledFloor) + settings.minIdle;
  const most = 2 * jobs.length + hedge(jobs.length) + floors + replacements + substitutes;
  return launches > most ? [`${launches} launches for ${jobs.length} jobs, ${floors} on floors and ${replacements} replacements`] : [];
}
