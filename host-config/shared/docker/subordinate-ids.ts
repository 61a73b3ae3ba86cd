/**
 * Subordinate ids (subuid(5), subgid(5)): further uids that a user may take on in a user namespace, as the containers of a
 * rootless engine do. To the kernel outside of it they are users like any other.
 */

export interface IdRange {
  first: number;
  count: number;
}

/** Containers have as many users: an image may use each uid up to that of `nobody`. */
const COUNT = 65_536;
/** As useradd begins. */
const LOWEST = 100_000;
/** uid_t has 32 bits, and its last value is no user's. */
const HIGHEST = 2 ** 32 - 2;

/** Lines of `USER:FIRST:COUNT`, where the user may also be a uid. A user may have several. */
export function rangesOf(user: string, uid: number, text: string): IdRange[] {
  return rangesIn(text)
    .filter(({ who }) => who === user || who === String(uid))
    .map(({ first, count }) => ({ first, count }));
}

/**
 * A range above all others of both files. They overlap no one's containers, whichever file gives them. Undefined: the ids are
 * used up.
 */
export function freeRange(...texts: readonly string[]): IdRange | undefined {
  const ends = texts.flatMap(rangesIn).map(({ first, count }) => first + count);
  const first = Math.max(LOWEST, ...ends);
  return first + COUNT - 1 > HIGHEST ? undefined : { first, count: COUNT };
}

function rangesIn(text: string): (IdRange & { who: string })[] {
  return text
    .split("\n")
    .map((line) => line.split(":"))
    .map(([who = "", first, count]) => ({ who, first: Number(first), count: Number(count) }))
    .filter(({ first, count }) => Number.isSafeInteger(first) && Number.isSafeInteger(count) && count > 0);
}
