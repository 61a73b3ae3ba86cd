import type { PinChangeResult } from "./evaluate";
import { MAIN, isOlder } from "./pin";
import type { Repository } from "./repository";
import { oneLine } from "../cli/one-line";
import { trailersOf } from "./trailers";

/** As many as a reviewer reads; the rest are counted. */
const COMMITS_LISTED = 30;
const SUBJECT_LENGTH = 120;

export interface CommitMessage {
  title: string;
  body: string;
}

/** The message of the commit and of the pull request: the promoted commits, the gate results and the trailers. */
export function commitMessageFor(repository: Repository, change: PinChangeResult): CommitMessage {
  const { stack, to, rollback, gates } = change;
  const paragraphs = [
    contents(repository, change),
    ["Gates:", ...gates.map(({ gate, state, reason }) => `- ${gate}: ${state}: ${oneLine(reason)}`)].join("\n"),
    trailersOf(change).join("\n"),
  ];
  return { title: rollback ? `Roll ${stack} back to ${to}` : `Promote ${to} to ${stack}`, body: paragraphs.join("\n\n") };
}

function contents(repository: Repository, { stack, from, to }: PinChangeResult): string {
  if (from === MAIN) return `${stack} followed ${MAIN} until now.`;
  const back = isOlder(to, from);
  const [older, newer] = back ? [to, from] : [from, to];
  // One line per merge: its commits can be read from the merge itself.
  const range = ["log", "--no-show-signature", "--first-parent", "--format=%h %s", `refs/tags/${older}..refs/tags/${newer}`, "--"];
  const commits = repository.git(range).split("\n").filter(Boolean);
  const listed = commits.slice(0, COMMITS_LISTED).map((line) => `- ${oneLine(line).slice(0, SUBJECT_LENGTH)}`);
  const more = commits.length - listed.length;
  const count = commits.length === 1 ? "1 commit" : `${commits.length} commits`;
  const heading = back ? `From ${from} back to ${to}, without ${count}:` : `From ${from} to ${to}, ${count}:`;
  return [heading, ...listed, ...(more > 0 ? [`- and ${more} more`] : [])].join("\n");
}
