import { RefusedError } from "./refused-error";

export interface Stage {
  /** Also the name of the stack, so of `Pulumi.<name>.yaml`. */
  name: string;
  /** How long a release must have run in the stage before, in ms. */
  bake: number;
  /** The stack may pin `main` instead of a release. */
  mayFollowMain: boolean;
}

export const DAY = 24 * 60 * 60 * 1000;

/**
 * The stages of a release, in order. One day in dev covers a whole day's load; seven days in sandbox cover a week's
 * load and the expiry of tokens and credentials.
 */
export const STAGES: readonly Stage[] = [
  { name: "dev", bake: 0, mayFollowMain: true },
  { name: "sandbox", bake: 1 * DAY, mayFollowMain: false },
  { name: "prod", bake: 7 * DAY, mayFollowMain: false },
];

/** @throws RefusedError naming the option and the existing stages. */
export function stageNamed(name: string, option: string): Stage {
  const stage = STAGES.find((one) => one.name === name);
  if (!stage) throw new RefusedError(`${option} ${name}: there is no such stage; give one of ${STAGES.map((one) => one.name).join(", ")}`);
  return stage;
}

/** The previous stage; undefined for the first. */
export function stageBefore(stage: Stage): Stage | undefined {
  return STAGES[STAGES.indexOf(stage) - 1];
}
