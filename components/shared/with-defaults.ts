/** A default that is computed from other settings; those with plain defaults are already filled in. */
// biome-ignore lint/suspicious/noExplicitAny: each rule declares the settings that it needs.
type Rule = (settings: any) => unknown;

/** Not merged: either the given value or the default. */
type Whole = string | number | boolean | readonly unknown[] | Rule;

/** Arguments with their defaults filled in: one that has a default is always defined. */
export type WithDefaults<Args, Defaults> = Omit<Args, keyof Defaults> & {
  [K in keyof Args & keyof Defaults]-?: Defaults[K] extends Whole ? NonNullable<Args[K]> : WithDefaults<NonNullable<Args[K]>, Defaults[K]>;
};

/** The shape of the defaults of `Args`: for `satisfies`, so that every default belongs to an existing argument. */
export type DefaultsOf<Args> = { [K in keyof Args]?: NonNullable<Args[K]> | Rule | DefaultsOf<NonNullable<Args[K]>> };

/**
 * Fills in absent arguments: first the plain defaults, then those that are computed from other settings.
 *
 * @param context values that rules may read in addition to the settings.
 */
export function withDefaults<Args extends object, Defaults extends object>(
  args: Args,
  defaults: Defaults,
  context: object = {},
): WithDefaults<Args, Defaults> {
  const plain = merge(args, defaults, () => undefined);
  return merge(args, defaults, (rule) => rule({ ...context, ...plain })) as WithDefaults<Args, Defaults>;
}

function merge(given: object, defaults: object, derive: (rule: Rule) => unknown): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...defaults, ...given };
  for (const [key, fallback] of Object.entries(defaults)) {
    const value = (given as Record<string, unknown>)[key];
    if (typeof fallback === "function") merged[key] = value ?? derive(fallback);
    else if (isGroup(fallback)) merged[key] = merge(value ?? {}, fallback, derive);
    else merged[key] = value ?? fallback;
  }
  return merged;
}

function isGroup(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
