/** Help entry of one flag. */
export interface HelpEntry {
  metavar?: string;
  help: string;
  shown?: string;
}

/** Width of a line of flags, in columns; defaults are right-aligned to it. */
const WIDTH = 96;
/** Last column of a flag's description. */
const TEXT_END = 90;

/**
 * The text of `--help`: the usage, what the command does, and a table of its flags.
 *
 * @param forms the forms of the arguments, one usage line each.
 */
export function helpText(command: string, about: string, options: Record<string, HelpEntry>, forms: readonly string[]): string {
  const entries = Object.entries(options).map(([name, { metavar, ...rest }]) => ({
    ...rest,
    left: `  --${name}${metavar ? ` ${metavar}` : ""}  `,
  }));
  const column = Math.max(...entries.map(({ left }) => left.length));
  const rows = entries.flatMap(({ left, help, shown }) => {
    const lines = help.split("\n").flatMap((line) => wrap(line, TEXT_END - column));
    const rows = lines.map((line, index) => (index === 0 ? left : "").padEnd(column) + line);
    return shown === undefined ? rows : withDefault(rows, `(${shown})`, column);
  });
  const usage = forms.map((form, index) => `${index === 0 ? "Usage:" : "      "} ${command} -- ${form}`).join("\n");
  return `${usage}\n\n${about}\n\n${rows.join("\n")}\n`;
}

function withDefault(rows: string[], shown: string, column: number): string[] {
  const last = rows.at(-1)!;
  const room = WIDTH - last.length;
  if (room > shown.length) return [...rows.slice(0, -1), last + shown.padStart(room)];
  return [...rows, " ".repeat(column) + shown.padStart(WIDTH - column)];
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
