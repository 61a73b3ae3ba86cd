import type { Label, Runner } from "./runners";

/** What a runner's labels say about the jobs that it can run. */
export interface Matching {
  readonly labels: readonly Label[];
  /** Their names in lower case: GitHub ignores the case. */
  readonly names: ReadonlySet<string>;
  /** Equal for runners of one scope with the same labels. */
  readonly key: string;
}

/** Kept with the runner until its labels are replaced, because each job is matched with runners of every pool. */
export function matchingOf(runner: Runner): Matching {
  const { labels, scope, matching } = runner;
  if (matching?.labels === labels) return matching;
  const names = labels.map(({ name }) => name);
  return (runner.matching = {
    labels,
    names: new Set(names.map((name) => name.toLowerCase())),
    key: `${scope}\n${names.join("\n")}`,
  });
}
