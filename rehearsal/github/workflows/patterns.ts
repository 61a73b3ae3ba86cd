/**
 * Filter patterns for branches, tags and paths. A later pattern decides over an earlier one: `!` takes back what an earlier one matched.
 */
export function matchesPatterns(patterns: readonly string[], name: string): boolean {
  let matches = false;
  for (const pattern of patterns) {
    const isNegative = pattern.startsWith("!");
    if (patternOf(isNegative ? pattern.slice(1) : pattern).test(name)) matches = !isNegative;
  }
  return matches;
}

const cache = new Map<string, RegExp>();

function patternOf(pattern: string): RegExp {
  const known = cache.get(pattern);
  if (known) return known;
  const compiled = compile(pattern);
  cache.set(pattern, compiled);
  return compiled;
}

/** `*` stops at a slash, `**` does not; `?` and `+` are about the character before them; `[]` is one of a set; `\` takes the meaning away. */
function compile(pattern: string): RegExp {
  let source = "";
  for (let at = 0; at < pattern.length; at++) {
    const rest = pattern.slice(at);
    const char = rest[0]!;
    const set = /^\[[^\]]+\]/.exec(rest)?.[0];
    if (rest.startsWith("**/")) {
      source += "(?:.*/)?";
      at += 2;
    } else if (rest.startsWith("**")) {
      source += ".*";
      at += 1;
    } else if (char === "*") source += "[^/]*";
    else if ((char === "?" || char === "+") && source !== "") source += char;
    else if (set) {
      source += set.replaceAll("\\", "\\\\");
      at += set.length - 1;
    } else if (char === "\\" && rest.length > 1) {
      source += escape(rest[1]!);
      at += 1;
    } else source += escape(char);
  }
  return new RegExp(`^${source}$`, "s");
}

function escape(char: string): string {
  return char.replace(/[.*+?^${}()|[\]\\/]/, "\\$&");
}
