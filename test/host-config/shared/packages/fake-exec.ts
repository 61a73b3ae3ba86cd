import type { Exec, ExecResult, PrepareContext } from "../../../../host-config/shared/prepare/stage";

export interface Answer extends Partial<ExecResult> {
  /** It runs until the deadline. */
  hangs?: true;
}

/** Commands in place of the machine's. Each is answered by the first rule whose beginning it has. */
export class FakeCommands {
  readonly ran: string[] = [];
  readonly environments: Readonly<Record<string, string>>[] = [];
  private readonly rules: [start: string, answers: Answer[]][] = [];

  /** Answers in turn, the last one for ever. A later rule goes before an earlier one. */
  on(start: string, ...answers: Answer[]): this {
    this.rules.unshift([start, answers]);
    return this;
  }

  exec(deadline: AbortSignal): Exec {
    return async (file, args, { env = {}, onLine } = {}) => {
      if (deadline.aborted) throw new Error(`${file}: not started, the time is over`);
      const command = [file, ...args].join(" ");
      this.ran.push(command);
      this.environments.push(env);
      const answers = this.rules.find(([start]) => command.startsWith(start))?.[1] ?? [];
      const answer = (answers.length > 1 ? answers.shift() : answers[0]) ?? {};
      for (const line of `${answer.stdout ?? ""}${answer.stderr ?? ""}`.split("\n")) onLine?.(line);
      if (answer.hangs) {
        await new Promise((resolve) => deadline.addEventListener("abort", resolve));
        throw new Error(`${file}: not done before the time was over`);
      }
      return { code: 0, stdout: "", stderr: "", ...answer };
    };
  }
}

/** What of a stage's context the packages need. */
export function contextOf(commands: FakeCommands, setup: PrepareContext["setup"] = {}) {
  const over = new AbortController();
  const said: string[] = [];
  const user = { name: "runner", uid: 1001, gid: 1001, home: "/home/runner" };
  const deadline = over.signal;
  const context: PrepareContext = {
    setup: { setupTimeout: 300, ...setup },
    user,
    instance: "i-0123456789abcdef0",
    deadline,
    say: (line) => void said.push(line),
    exec: commands.exec(deadline),
  };
  return { context, said, endTime: () => over.abort() };
}
