/** How a program talks to the job that runs it: by commands on its output, and by files. */
import { appendFileSync } from "node:fs";

/** @param write of one line; overridden by tests */
export class Job {
  constructor(
    private readonly env: NodeJS.ProcessEnv = process.env,
    private readonly write: (line: string) => void = (line) => process.stdout.write(`${line}\n`),
  ) {}

  /** @throws if the input is missing; its name is that of action.yml */
  input(name: string): string {
    const value = this.optional(name);
    if (value === undefined) throw new Error(`the input ${name} is missing: render the workflow anew from the output workflowYaml`);
    return value;
  }

  optional(name: string): string | undefined {
    return this.env[`INPUT_${name.toUpperCase().replaceAll("-", "_")}`]?.trim() || undefined;
  }

  /** For later steps and jobs. Values of ours have one line; of another GitHub would read the second as an output of its own. */
  output(name: string, value: string): void {
    if (/[\r\n]/.test(name + value)) throw new Error(`the output ${name} has several lines`);
    appendFileSync(required(this.env, "GITHUB_OUTPUT"), `${name}=${value}\n`);
  }

  /** From now on the value is shown as asterisks. */
  mask(value: string): void {
    this.write(`::add-mask::${escaped(value)}`);
  }

  info(text: string): void {
    this.write(plain(text));
  }

  error(text: string): void {
    this.write(`::error::${escaped(text)}`);
  }
}

/** What GitHub's parser of commands unescapes. */
function escaped(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

/** A text of another program at the beginning of a line could be a command. */
function plain(text: string): string {
  return text.replaceAll(/^(\s*)(::|##\[)/gm, "$1 $2").replaceAll("::", ": :");
}

export function required(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name];
  if (!value) throw new Error(`${name} is not set: this program runs as a step of a job of GitHub Actions`);
  return value;
}
