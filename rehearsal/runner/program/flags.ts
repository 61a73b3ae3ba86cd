const SWITCHES = new Set([
  "unattended",
  "replace",
  "no-default-labels",
  "disableupdate",
  "ephemeral",
  "local",
  "once",
  "generateserviceconfig",
]);
const VALUES = new Set([
  "url",
  "token",
  "pat",
  "name",
  "runnergroup",
  "labels",
  "work",
  "startuptype",
  "jitconfig",
  "monitorsocketaddress",
]);

/** Removed from the environment, so that jobs do not inherit these secrets. */
const SECRET = new Set(["token", "pat", "jitconfig"]);

export class UnknownFlag extends Error {}

/** Command line of the listener and `config.sh`; `ACTIONS_RUNNER_INPUT_<FLAG>` supplies a flag that is not given. */
export class Flags {
  readonly command: string;
  private readonly switches = new Set<string>();
  private readonly values = new Map<string, string>();

  /** Throws UnknownFlag, as the official runner refuses unknown flags. */
  constructor(argv: readonly string[], environment: NodeJS.ProcessEnv) {
    const rest = [...argv];
    this.command = rest[0]?.startsWith("--") ? "" : (rest.shift() ?? "");
    while (rest.length > 0) {
      const flag = (rest.shift() ?? "").replace(/^--/, "").toLowerCase();
      if (SWITCHES.has(flag)) this.switches.add(flag);
      else if (VALUES.has(flag)) this.values.set(flag, rest.shift() ?? "");
      else throw new UnknownFlag(`Unrecognized command-line input arguments: '${flag}'. For usage refer to: ./config.sh --help`);
    }
    for (const [name, value] of Object.entries(environment)) {
      const flag = /^ACTIONS_RUNNER_INPUT_(.+)$/.exec(name)?.[1]?.toLowerCase().replaceAll("_", "-");
      if (flag === undefined || value === undefined) continue;
      if (SWITCHES.has(flag) && value.toLowerCase() === "true") this.switches.add(flag);
      if (VALUES.has(flag) && !this.values.has(flag)) this.values.set(flag, value);
      if (SECRET.has(flag)) delete environment[name];
    }
  }

  has(flag: string): boolean {
    return this.switches.has(flag);
  }

  value(flag: string): string | undefined {
    return this.values.get(flag) || undefined;
  }
}
