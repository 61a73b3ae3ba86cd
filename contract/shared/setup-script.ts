/**
 * Whether `setupScript` is the script itself, and not the path of its file. A path has no line ends, so a text without `#!` is refused for
 * that, not as a file that does not exist.
 */
export function isScriptText(given: string): boolean {
  return given.startsWith("#!") || given.includes("\n");
}
