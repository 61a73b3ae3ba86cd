import type { HostSetup } from "../../../contract/shared/host-setup";

/** The job's user. */
export interface HostUser {
  name: string;
  uid: number;
  gid: number;
  home: string;
}

export interface ExecOptions {
  /** Besides those of this process, among which are the proxy's. */
  env?: Readonly<Record<string, string>>;
  /** Standard input; empty unless given. */
  input?: string;
  /** A bound of its own, besides the deadline. */
  timeoutMs?: number;
  /** Called for each line of both outputs as it comes. */
  onLine?(line: string): void;
}

export interface ExecResult {
  /** More than 128: a signal ended it, as in a shell. */
  code: number;
  /** The last 1 MiB of each. */
  stdout: string;
  stderr: string;
}

/**
 * Runs a command in a process group of its own. Resolves with any exit code, even if a process that it leaves
 * keeps its outputs open. Rejects if it cannot be started, and if it has not ended by
 * the deadline or its own bound, when the whole group gets SIGKILL.
 */
export type Exec = (file: string, args: readonly string[], options?: ExecOptions) => Promise<ExecResult>;

export interface PrepareContext {
  setup: HostSetup;
  user: HostUser;
  /** Id of this machine's instance. */
  instance: string;
  /** Aborted when setupTimeout is over. A stage that then rejects with a PrepareError within 5 s decides about the reason. */
  deadline: AbortSignal;
  /** Writes a line of progress to the console. */
  say(line: string): void;
  exec: Exec;
}

/** One step of the preparation. */
export interface Stage {
  /** As a user knows it: the argument that asks for it, where there is one. */
  name: string;
  due(setup: HostSetup): boolean;
  /** May run again on a machine on which it was cut short. Rejects with a PrepareError for what the user can correct. */
  run(context: PrepareContext): Promise<void>;
}
