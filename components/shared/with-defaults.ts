/** A default that follows from other settings, of which those with plain defaults are filled in already. */
// biome-ignore lint/suspicious/noExplicitAny: each rule names the settings that it needs.
type Rule = (settings: any) => unknown;

/** Not merged any further: given or default, as a whole. */
type Whole = string | number | boolean | readonly unknown[] | Rule;

/** Arguments after their defaults are filled in: what has a default is always there. */
export type WithDefaults<Args, Defaults> = Omit<Args, keyof Defaults> & {
  [K in keyof Args & keyof Defaults]-?: Defaults[K] extends Whole ? NonNullable<Args[K]> : WithDefaults<NonNullable<Args[K]>, Defaults[K]>;
};

/** The shape of the defaults of arguments: for `satisfies`, so that no default is one of an argument that is not there. */
export type DefaultsOf<Args> = { [K in keyof Args]?: NonNullable<Args[K]> | Rule | DefaultsOf<NonNullable<Args[K]>> };

/**
 * Fills in what is absent: first the plain defaults, then those that follow from other settings.
 *
 * @param context what rules may read beside the settings.
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
