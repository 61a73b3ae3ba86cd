/**
 * A transient unit of its own for a command that runs as the job's user: like a job it must not reach the metadata, and what it
 * leaves behind ends with the unit.
 */
import { METADATA_ADDRESSES } from "./metadata-addresses";

export interface UnitConfig {
  runnerUser: string;
  jobsMayUseInstanceRole: boolean;
}

export interface UnitOptions {
  folder: string;
  /** After these systemd ends the unit. */
  seconds: number;
  /** NAME=VALUE. Any local user can read them, like the command. */
  variables: readonly string[];
  /** A name lets the unit exist only once; otherwise systemd chooses one. */
  name?: string;
  properties?: readonly string[];
}

/** The user's processes end with SIGKILL at once. Also while the machine shuts down, when a unit with the default dependencies is refused. */
const OF_RENEWAL = ["KillSignal=SIGKILL", "DefaultDependencies=no"];
const PATH = "/usr/sbin:/usr/bin:/sbin:/bin";

/** systemd-run replaces variables in the command, so each dollar sign is doubled. */
export function ownUnit(config: UnitConfig, options: UnitOptions, command: readonly string[]): string[] {
  const { folder, seconds, variables, name, properties = [] } = options;
  const all = ["NoNewPrivileges=yes", `RuntimeMaxSec=${seconds}`, "TimeoutStopSec=5", ...properties];
  if (!config.jobsMayUseInstanceRole) all.push(`IPAddressDeny=${METADATA_ADDRESSES.join(" ")}`);
  return [
    ...["systemd-run", "--quiet", "--wait", "--pipe", "--collect", ...(name === undefined ? [] : [`--unit=${name}`])],
    ...[`--uid=${config.runnerUser}`, `--working-directory=${folder}`],
    ...variables.map((variable) => `--setenv=${variable}`),
    ...all.map((property) => `--property=${property}`),
    "--",
    ...command.map((word) => word.replaceAll("$", "$$$$")),
  ];
}

/** What a renewal runs as the job's user, because root must not: its own unit may reach the metadata. */
export type AsUser = (folder: string, seconds: number, command: readonly string[]) => string[];

export function asUserOf(config: UnitConfig): AsUser {
  return (folder, seconds, command) =>
    ownUnit(config, { folder, seconds, variables: [`PATH=${PATH}`, "LC_ALL=C"], properties: OF_RENEWAL }, command);
}
