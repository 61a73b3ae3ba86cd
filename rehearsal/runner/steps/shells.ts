/** How the official runner calls a shell: the file extension of its script, and its arguments. */
interface Shell {
  extension: string;
  command: readonly string[];
}

const SHELLS: Readonly<Record<string, Shell>> = {
  // With `shell: bash` a step also fails in the middle of a pipe; without it, it does not.
  bash: { extension: ".sh", command: ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "{0}"] },
  sh: { extension: ".sh", command: ["sh", "-e", "{0}"] },
  python: { extension: ".py", command: ["python3", "{0}"] },
};
const DEFAULT: Shell = { extension: ".sh", command: ["bash", "-e", "{0}"] };

/** @throws for a shell of other systems, and for a command without a place for the script */
export function shellOf(name: string | undefined): Shell {
  if (name === undefined) return DEFAULT;
  const known = Object.hasOwn(SHELLS, name) ? SHELLS[name] : undefined;
  if (known) return known;
  const command = name.trim().split(/\s+/);
  if (!command.some((part) => part.includes("{0}"))) {
    throw new Error(`shell: ${name}: is neither ${Object.keys(SHELLS).join(", ")} nor a command with {0} in the place of the script`);
  }
  return { extension: "", command };
}
