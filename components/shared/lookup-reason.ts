/** AWS's message, without the lines in which the engine and the provider's bridge wrap it. */
export function reason(error: Error): string {
  return error.message
    .replace(/^invocation of \S+ returned an error: /, "")
    .replace(/^invoking \S+: /, "")
    .replace(/^1 error occurred:\s*\* /, "")
    .split("\n")[0]!
    .trim();
}
