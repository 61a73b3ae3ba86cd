import type { Call, GitHubTransport, Response } from "./transport";

/** GitHub's maximum page size; its default of 30 would triple the calls. */
const PAGE_SIZE = 100;

export interface Pages<T> {
  items: T[];
  /** False if the bound on pages ended the list. */
  complete: boolean;
  /** Of a list that has one page: a page says nothing of changes on the others. */
  etag?: string;
}

/**
 * All pages of a list, which GitHub links to each other.
 *
 * @param most bound on the calls, so that a list that grows while it is read, or that links to itself, ends.
 * @param isLast whether what follows a page is of no interest.
 * @returns undefined if GitHub answers that the list with the call's ETag has not changed.
 */
export async function readPages<T>(
  transport: GitHubTransport,
  call: Call,
  read: (data: unknown) => T[] | undefined,
  most: number,
  signal: AbortSignal,
  isLast: (page: readonly T[]) => boolean = () => false,
): Promise<Pages<T> | undefined> {
  const items: T[] = [];
  let page: Call = { ...call, query: { ...call.query, per_page: PAGE_SIZE } };
  for (let count = 1; ; count++) {
    const response: Response<T[]> = await transport.exchange(page, read, signal);
    if (response.unchanged) return undefined;
    items.push(...response.value);
    const more = response.next !== undefined && !isLast(response.value);
    if (!more) return { items, complete: true, ...(count === 1 && response.etag !== undefined && { etag: response.etag }) };
    if (count === most) return { items, complete: false };
    const { etag: _, ...unconditional } = page;
    page = { ...unconditional, query: Object.fromEntries(response.next!) };
  }
}

/** All items of a list. An incomplete one would look as if the rest did not exist, so it is an error. */
export async function readAll<T>(
  transport: GitHubTransport,
  call: Call,
  read: (data: unknown) => T[] | undefined,
  most: number,
  signal: AbortSignal,
): Promise<T[]> {
  const all = await readPages(transport, call, read, most, signal);
  if (all?.complete) return all.items;
  throw new Error(`GET ${call.path}: more than ${most * PAGE_SIZE} items; the list was not used`);
}

/** Reads each item of an array; undefined if it is none, or an item is not what the API documents. */
export function readEach<T>(data: unknown, read: (item: any) => T | undefined): T[] | undefined {
  if (!Array.isArray(data)) return undefined;
  const items: T[] = [];
  for (const one of data) {
    const item = read(one);
    if (item === undefined) return undefined;
    items.push(item);
  }
  return items;
}

/** Milliseconds since the epoch; undefined if the text is not a time. */
export function readTime(value: unknown): number | undefined {
  const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}
