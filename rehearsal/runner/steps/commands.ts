/** What a line of a step's output asks the runner for: `::name property=value::data`. */
export interface Command {
  name: string;
  properties: Record<string, string>;
  data: string;
}

const COMMAND = /^\s*::([A-Za-z-]+)(?:\s+([^:]*(?::(?!:)[^:]*)*))?::(.*)$/;

export function readCommand(line: string): Command | undefined {
  const match = COMMAND.exec(line);
  if (!match) return undefined;
  const properties: Record<string, string> = {};
  for (const part of (match[2] ?? "").split(",")) {
    const at = part.indexOf("=");
    if (at > 0) properties[part.slice(0, at).trim()] = unescape(part.slice(at + 1), true);
  }
  return { name: match[1]!.toLowerCase(), properties, data: unescape(match[3]!, false) };
}

function unescape(text: string, isProperty: boolean): string {
  const common = text.replaceAll("%0D", "\r").replaceAll("%0A", "\n");
  return (isProperty ? common.replaceAll("%3A", ":").replaceAll("%2C", ",") : common).replaceAll("%25", "%");
}

/** Splits what a process writes into lines, although its chunks end anywhere. */
export class Lines {
  private rest = "";

  constructor(private readonly take: (line: string) => void) {}

  add(text: string): void {
    const lines = `${this.rest}${text}`.split("\n");
    this.rest = lines.pop() ?? "";
    for (const line of lines) this.take(line.replace(/\r$/, ""));
  }

  end(): void {
    if (this.rest !== "") this.take(this.rest);
    this.rest = "";
  }
}

/** Commands in a step's output, until the step stops them for the time of a token. */
export class CommandReader {
  private token?: string;

  /** @returns undefined for a line that is only output */
  read(line: string): Command | undefined {
    const command = readCommand(line);
    if (!command) return undefined;
    if (this.token !== undefined) {
      if (command.name === this.token.toLowerCase()) this.token = undefined;
      return undefined;
    }
    if (command.name === "stop-commands") {
      this.token = command.data;
      return undefined;
    }
    return command;
  }
}
