import { RefusedError } from "./refused-error";
import { FLAG, TEXT, parseFlags } from "./parse-flags";
import { isReleaseTag } from "./pin";
import type { Hosts } from "./rehearsal-gate";
import { type Stage, stageBefore, stageNamed } from "./stages";
import { writtenReason } from "./trailers";

interface Common {
  main?: string;
  hosts: Hosts;
  json?: string;
}
export interface CheckOptions extends Common {
  check: true;
  base: string;
  head: string;
}
export interface PromoteOptions extends Common {
  check: false;
  /** Undefined for the first stage, and for a rollback, which has no source stage. */
  from?: Stage;
  to: Stage;
  release?: string;
  rollback: boolean;
  override?: string;
  dryRun: boolean;
}

export const PROMOTE_HELP = `Usage: npm run promote -- --from STAGE --to STAGE [options]
       npm run promote -- --to STAGE --release TAG --rollback [options]
       npm run promote -- --check --base REV [--head REV] [options]

Evaluates the gates for another release of a stack. Without --check, makes the change on the branch promote/STAGE-TAG.
Exits 0 if all gates are open or nothing changes, 1 if one is closed, 2 if command line or repository do not allow an evaluation.

  --from STAGE       the stage that the release ran in: dev or sandbox
  --to STAGE         the stage whose pin changes: the one after
  --release TAG      the release          (what --from pins; where that is main, the newest on main)
  --rollback         to an older release, which the stage has run before
  --override REASON  opens closed gates; the reason is written to the commit
  --dry-run          evaluates the gates, changes nothing
  --check            evaluates the pin changes that merging --head into --base would make
  --base REV         the branch that is merged into
  --head REV         what is merged                                            (HEAD)
  --main REF         the branch that holds the pins                (origin/main, else main)
  --hosts KIND       of the rehearsal: auto, systemd or simulated              (auto)
  --json FILE        write the result there
  --help             this text
`;

/** Reads the command line. Returns undefined when help was asked for. @throws RefusedError for invalid options */
export function parsePromoteOptions(argv: string[]): PromoteOptions | CheckOptions | undefined {
  const values = read(argv);
  if (values.help) return undefined;
  const hosts = values.hosts ?? "auto";
  if (hosts !== "auto" && hosts !== "systemd" && hosts !== "simulated") {
    throw new RefusedError(`--hosts ${hosts}: give auto, systemd or simulated`);
  }
  const common = { main: values.main, hosts, json: values.json } as const;
  if (values.check) {
    refuseOthers(values, ["from", "to", "release", "rollback", "override", "dry-run"], "--check reads it from the commits");
    if (values.base === undefined) throw new RefusedError("--check: give --base, the revision to merge into");
    return { check: true, base: values.base, head: values.head ?? "HEAD", ...common };
  }
  refuseOthers(values, ["base", "head"], "only --check compares revisions");
  if (values.to === undefined) throw new RefusedError("--to: give the stage whose pin changes");
  const { from, to } = stages(values.from, values.to, values.rollback ?? false);
  if (values.release !== undefined && !isReleaseTag(values.release)) {
    throw new RefusedError(`--release ${values.release}: give a release's tag, like v1.2.3`);
  }
  if (from === undefined && values.release === undefined)
    throw new RefusedError("--release: give the tag; without --from there is no default");
  const override = values.override === undefined ? undefined : writtenReason(values.override);
  return {
    check: false,
    from,
    to,
    release: values.release,
    rollback: values.rollback ?? false,
    override,
    dryRun: values["dry-run"] ?? false,
    ...common,
  };
}

function stages(fromName: string | undefined, toName: string, rollback: boolean): { from?: Stage; to: Stage } {
  const to = stageNamed(toName, "--to");
  const before = stageBefore(to);
  if (fromName === undefined) {
    if (before && !rollback) throw new RefusedError(`--from: give ${before.name}, the stage before ${to.name}`);
    return { to };
  }
  const from = stageNamed(fromName, "--from");
  if (from !== before) {
    throw new RefusedError(
      `--from ${from.name} --to ${to.name}: ${before ? `${to.name} comes after ${before.name}` : `nothing comes before ${to.name}`}`,
    );
  }
  return { from, to };
}

type Values = ReturnType<typeof read>;

function refuseOthers(values: Values, options: readonly (keyof Values)[], why: string): void {
  const given = options.find((option) => values[option] !== undefined);
  if (given !== undefined) throw new RefusedError(`--${given}: ${why}`);
}

function read(argv: string[]) {
  const promoting = { from: TEXT, to: TEXT, release: TEXT, rollback: FLAG, override: TEXT, "dry-run": FLAG } as const;
  const checking = { check: FLAG, base: TEXT, head: TEXT } as const;
  return parseFlags(argv, "promote", { ...promoting, ...checking, main: TEXT, hosts: TEXT, json: TEXT, help: FLAG });
}
