/** What a part of the host's setup adds to the unit that runs the jobs, and to what the installer enables. */
export interface UnitExtras {
  /** Names of units, as are those of the next two. */
  after: readonly string[];
  wants: readonly string[];
  /** Without one of them no job starts. */
  requires: readonly string[];
  environment: Readonly<Record<string, string>>;
  /** Units that the installer enables and starts, without waiting for them. */
  enable: readonly string[];
}

export const NO_EXTRAS: UnitExtras = { after: [], wants: [], requires: [], environment: {}, enable: [] };

/** The union; of two values of a variable the later one counts. */
export function joinExtras(...extras: readonly UnitExtras[]): UnitExtras {
  const all = (key: "after" | "wants" | "requires" | "enable") => [...new Set(extras.flatMap((one) => one[key]))];
  return {
    after: all("after"),
    wants: all("wants"),
    requires: all("requires"),
    environment: Object.assign({}, ...extras.map(({ environment }) => environment)),
    enable: all("enable"),
  };
}

/** `Environment=` lines of a unit. systemd expands specifiers in them, and takes a quoted assignment as one. */
export function environmentLines(variables: Readonly<Record<string, string>>): string {
  const quoted = (text: string) => text.replace(/[\\"]/g, "\\$&").replaceAll("%", "%%");
  return Object.entries(variables)
    .map(([name, value]) => `Environment="${name}=${quoted(value)}"\n`)
    .join("");
}
