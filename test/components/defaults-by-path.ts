/** Each default by the path of its argument, such as `drain.heartbeatTimeout`: a value, or a rule that computes it. */
export function defaultsByPath(defaults: object, prefix = ""): Map<string, unknown> {
  return new Map(
    Object.entries(defaults).flatMap(([key, value]): [string, unknown][] => {
      const isGroup = typeof value === "object" && !Array.isArray(value);
      return isGroup ? [...defaultsByPath(value, `${prefix}${key}.`)] : [[prefix + key, value]];
    }),
  );
}
