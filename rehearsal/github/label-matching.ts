/** What a runner's labels say about the jobs that it can run. */
export interface Matching {
  readonly labels: readonly { name: string }[];
  /** Their names in lower case: GitHub ignores the case. */
  readonly names: ReadonlySet<string>;
  /** Equal for runners of one scope and runner group with the same labels. */
  readonly key: string;
}

interface Labelled {
  readonly scope: string;
  readonly group: { readonly id: number };
  readonly labels: Matching["labels"];
  matching?: Matching;
}

/** Kept with the runner until its labels are replaced, because each job is matched with runners of every pool. */
export function matchingOf(runner: Labelled): Matching {
  const { labels, scope, group, matching } = runner;
  if (matching?.labels === labels) return matching;
  const names = labels.map(({ name }) => name);
  return (runner.matching = {
    labels,
    names: new Set(names.map((name) => name.toLowerCase())),
    key: `${scope}\n${group.id}\n${names.join("\n")}`,
  });
}
