import { AwsError, type Shape } from "../api";

interface Filter {
  Name: string;
  Values: string[];
}

/** The values that a resource has under a filter's name; none if it has no such value. Undefined for a filter that does not exist. */
export type ValuesOf<T> = (resource: T, filter: string) => readonly (string | undefined)[] | undefined;

/** Whether the resource passes all filters: each with any of its values, in which `*` and `?` are wildcards. */
export function passes<T>(resource: T, params: Shape, valuesOf: ValuesOf<T>): boolean {
  const filters = (params.Filters as Filter[] | undefined) ?? [];
  return filters.every(({ Name, Values }) => {
    const found = valuesOf(resource, Name);
    if (found === undefined) throw new AwsError("InvalidParameterValue", `The filter '${Name}' is invalid`);
    return found.some((value) => value !== undefined && Values.some((pattern) => toExpression(pattern).test(value)));
  });
}

function toExpression(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s");
}

/** Values of the filters by tag, which every resource has. */
export function tagValues(tags: Record<string, string>, filter: string): (string | undefined)[] | undefined {
  if (filter.startsWith("tag:")) return [tags[filter.slice("tag:".length)]];
  return filter === "tag-key" ? Object.keys(tags) : undefined;
}

/** EC2 pages only if MaxResults is given (5 to 1000), and never over a list of ids. */
export function page<T>(items: T[], params: Shape, byId: boolean): { items: T[]; NextToken?: string } {
  const size = params.MaxResults as number | undefined;
  if (byId && size !== undefined) {
    throw new AwsError("InvalidParameterCombination", "The parameter instancesSet cannot be used with the parameter maxResults");
  }
  if (size !== undefined && size < 5) {
    throw new AwsError("InvalidParameterValue", `Value ( ${size} ) for parameter maxResults is invalid. Expecting a value greater than 5.`);
  }
  const start = Number(params.NextToken ?? 0);
  if (!Number.isSafeInteger(start) || start < 0) throw new AwsError("InvalidNextToken", "The token is invalid.");
  const end = size === undefined ? items.length : start + Math.min(size, 1000);
  return { items: items.slice(start, end), ...(end < items.length && { NextToken: String(end) }) };
}

export function texts(params: Shape, field: string): string[] {
  return (params[field] as string[] | undefined) ?? [];
}

export function tagList(tags: Record<string, string>): Shape[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
