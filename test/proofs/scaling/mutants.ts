/** Small mistakes in the policy, each of which the random plans must reveal. A substitution that no longer applies fails the test. */
import type { Substitution } from "../../support/substitutions";

export interface Mutant {
  name: string;
  substitutions: Substitution[];
  /** Of the complaint that reveals it: one of another kind would reveal something else. */
  words: RegExp;
}

const POLICY = "functions/actions-runner-pool/scale/policy/";
const mutant = (name: string, words: RegExp, ...parts: [file: string, from: string, to: string][]): Mutant => ({
  name,
  words,
  substitutions: parts.map(([file, from, to]) => ({ file: `${POLICY}${file}`, from, to })),
});

export const MUTANTS: Mutant[] = [
  mutant("no hysteresis: an instance leaves as soon as it idles", /ms of idleness/, [
    "scale-in.ts",
    "now - since >= idleTimeout - toleranceOf(idleTimeout)",
    "now >= since",
  ]),
  mutant("trust in a stale source", /while the source is stale/, [
    "decide.ts",
    "const stale = staleness(demand, settings.staleAfter, now);",
    "const stale = undefined as string | undefined;",
  ]),
  mutant("a stale source launches for jobs that were confirmed long ago", /is more than/, [
    "runnable.ts",
    " && !(stale && now - confirmedAt > staleAfter)",
    "",
  ]),
  mutant("scale-in by lowering the desired capacity", /desired is lowered/, [
    "decide.ts",
    "const short = target > fleet.desired;",
    "const short = target !== fleet.desired;",
  ]),
  mutant("a hedge without a bound", /is more than/, ["hedge.ts", "Math.round(urgent * SHARE)", "Math.round(urgent * 3)"]),
  mutant("a hedge for jobs that idle runners can take", /is more than|launches for|second pass/, [
    "decide.ts",
    "hedge(Math.max(0, runnable.length - runners.free))",
    "hedge(runnable.length + runners.free)",
  ]),
  mutant("instances that boot are no supply", /second pass|is more than|above the maximum/, [
    "decide.ts",
    "const desired = short && !paused ? target : undefined;",
    "const desired = paused ? undefined : runnable.length > runners.free ? Math.max(target, fleet.desired + runnable.length) : short ? target : undefined;",
  ]),
  mutant("no backoff", /although every launch fails/, [
    "backoff.ts",
    "return { failures, failedAt: now, until: now + Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (failures - 1)) };",
    "return { failures, failedAt: now, until: now };",
  ]),
  mutant("a backoff that does not grow", /although every launch fails/, ["backoff.ts", "FIRST_PAUSE * 2 ** (failures - 1)", "FIRST_PAUSE"]),
  mutant("the source's word does not make a runner busy", /idle|jobs wait|is more than|are needed/, [
    "supply.ts",
    "busy || named.has(id);",
    "busy;",
  ]),
  mutant("the maximum is ignored", /above the maximum|outside the limits/, ["sizes.ts", "Math.min(maxSize, ", "Math.min(Infinity, "]),
  mutant("schedules are ignored", /outside the limits|below the floor/, [
    "sizes.ts",
    "Math.max(size, minSize, scheduledFloor)",
    "Math.max(size, minSize)",
  ]),
  mutant("scale-in below what is wanted", /are left of/, [
    "decide.ts",
    "Math.min(fleet.desired, runners.present) - wanted",
    "runners.present",
  ]),
  mutant("idle clocks that start long before", /ms of idleness/, ["clocks.ts", "before[id] ?? now", "before[id] ?? 0"]),
  mutant("a job beyond the supply has no cause", /no cause/, [
    "causes.ts",
    "starting-- > 0 ? WaitCause.Booting : WaitCause.AtMaximum",
    "starting-- > 0 ? WaitCause.Booting : undefined",
  ]),
  mutant("a runner that takes no job counts for ever as the one that a job waits for", /jobs wait below/, [
    "substitute.ts",
    "if (hopeful || fruitless || job === undefined)",
    "if (hopeful || fruitless || job === undefined || waiting.length > 0)",
  ]),
  mutant(
    "a substitute for a runner that takes no job in each pass",
    /another substitute|a substitute that took no job/,
    ["substitute.ts", "now >= (due[id] ?? 0)", "now >= 0"],
    ["substitute.ts", "now - substitutedAt < FRUITLESS_PAUSE", "false"],
  ),
  mutant("a substitute for each of many jobs, although the last one took none", /a substitute that took no job/, [
    "substitute.ts",
    "now - substitutedAt < FRUITLESS_PAUSE",
    "false",
  ]),
];
