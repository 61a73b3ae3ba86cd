import { MAIN, configurationFile, isOlder, readOldPin } from "./pin";
import { type Repository, short } from "./repository";

/** A commit that main pointed at: a merge, or a commit made on main. */
export interface MainCommit {
  sha: string;
  /** Committer date: of a merge the moment of merging. In ms. */
  date: number;
}

/** A period in which a stage ran a release without interruption. */
export interface DeploymentInterval {
  start: Moment;
  /** Undefined: it runs there now. */
  end?: Moment;
  /** The stage went back to an older release later, so the interval does not count. */
  rolledBack?: { pin: string; by: MainCommit };
}

/** When a change took effect, according to the dates of commits. */
export interface Moment {
  /** The commit that did it. */
  by: MainCommit;
  /** The latest start or earliest end that the dates allow, in ms. */
  at: number;
  /** The commit whose date is `at`. Differs from `by` if dates go backwards. */
  dated: MainCommit;
}

/** The first parents from the root up to a commit: the states of main, in order. Only their dates show when a change took effect. */
export function mainLine(repository: Repository, commit: string): MainCommit[] {
  const lines = repository.git(["rev-list", "--first-parent", "--reverse", "--timestamp", commit, "--"]).trim().split("\n");
  return lines.map((line) => {
    const [seconds, sha] = line.split(" ");
    return { sha: sha!, date: Number(seconds) * 1000 };
  });
}

/** The stack's pin in each commit of the line; undefined where its configuration is missing or unreadable. */
export function pinsAlong(repository: Repository, line: readonly MainCommit[], stack: string): (string | undefined)[] {
  const file = configurationFile(stack);
  const input = line.map(({ sha }) => `${sha}:${file}\n`).join("");
  const answers = repository.git(["cat-file", "--batch-check=%(objectname) %(objecttype)"], { input }).trim().split("\n");
  const known = new Map<string, string | undefined>();
  return answers.map((answer) => {
    const blob = /^([0-9a-f]+) blob$/.exec(answer)?.[1];
    if (blob === undefined) return undefined;
    if (!known.has(blob)) known.set(blob, readOldPin(repository.git(["cat-file", "blob", blob]), file));
    return known.get(blob);
  });
}

/** Index of the first commit of main's line that contains the commit. */
export function arrivalOn(repository: Repository, line: readonly MainCommit[], commit: string): number {
  const tip = line.at(-1)!.sha;
  const containing = new Set(repository.git(["rev-list", "--ancestry-path", `${commit}..${tip}`]).split("\n")).add(commit);
  return line.findIndex(({ sha }) => containing.has(sha));
}

/**
 * The intervals in which a stage ran a release: it pinned the tag, or it followed main while main contained the tag's
 * commit. Committer dates may go backwards, so an interval is counted at its shortest: it starts at the latest date
 * of all commits up to its first, and ends at the earliest date of the commit that ended it and all later ones.
 *
 * @param pins the stage's pin in each commit of the line
 * @param arrival index of the first commit of the line that contains the release
 */
export function deployments(
  line: readonly MainCommit[],
  pins: readonly (string | undefined)[],
  tag: string,
  arrival: number,
): DeploymentInterval[] {
  const runs = (at: number) => pins[at] === tag || (pins[at] === MAIN && at >= arrival);
  const intervals: { first: number; after: number }[] = [];
  for (let at = 0; at < line.length; at++) {
    if (!runs(at)) continue;
    if (at > 0 && runs(at - 1)) intervals.at(-1)!.after = at + 1;
    else intervals.push({ first: at, after: at + 1 });
  }
  return intervals.map(({ first, after }) => {
    const latest = line.slice(0, first + 1).reduce((a, b) => (b.date >= a.date ? b : a));
    const start = { by: line[first]!, at: latest.date, dated: latest };
    if (after === line.length) return { start };
    const earliest = line.slice(after).reduce((a, b) => (b.date < a.date ? b : a));
    const back = pins.findIndex((pin, at) => at >= after && pin !== undefined && pin !== MAIN && isOlder(pin, tag));
    return {
      start,
      end: { by: line[after]!, at: earliest.date, dated: earliest },
      ...(back < 0 ? {} : { rolledBack: { pin: pins[back]!, by: line[back]! } }),
    };
  });
}

/** "2026-11-26 18:00 UTC (abc123def)" */
export const describeMoment = ({ at, by, dated }: Moment): string =>
  `${minute(at)} (${short(by.sha)}${dated.sha === by.sha ? "" : `, dated by ${short(dated.sha)}`})`;

export const minute = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
