import { oneOf, option, text, toggle } from "../cli/options";
import { refusingCommandLine } from "./command-line";
import { RefusedError } from "./refused-error";
import { isReleaseTag } from "./pin";
import { HOSTS, type Hosts } from "./rehearsal-gate";
import { type Stage, stageBefore, stageNamed } from "./stages";
import { stackName } from "./stack-name";
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
export interface DeployedPinOptions extends Common {
  check: "deployed pin";
  stack: string;
  head: string;
}
export interface SettingsOptions {
  check: "settings";
  /** OWNER/REPO; undefined: of the workflow, or of the remote `origin`. */
  repository?: string;
  main?: string;
  json?: string;
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

const ABOUT = `Evaluates the gates for another release of a stack. Without --check, commits the change to the branch promote/STAGE-TAG.
Exits 0 if all gates are open or nothing changes, 1 if one is closed or a setting is missing, 2 if the command line or the repository does not allow an evaluation.`;

const COMMAND = refusingCommandLine(
  "npm run promote",
  ABOUT,
  {
    from: option({ metavar: "STAGE", help: "the stage that the release ran in: dev or sandbox", parse: text }),
    to: option({ metavar: "STAGE", help: "the stage whose pin changes: the next one", parse: text }),
    release: option({
      metavar: "TAG",
      help: "the release",
      parse: text,
      shown: "what --from pins; where that is main, the newest on main",
    }),
    rollback: toggle("go back to an older release that the stage has run"),
    override: option({ metavar: "REASON", help: "open closed gates; the reason is written to the commit", parse: text }),
    "dry-run": toggle("evaluate the gates, change nothing"),
    check: toggle("evaluate the pin changes that merging --head into --base would make"),
    base: option({ metavar: "REV", help: "the branch that is merged into", parse: text }),
    stack: option({ metavar: "NAME", help: "with --check, instead of --base: evaluate the pin that the stack has in --head", parse: text }),
    head: option({ metavar: "REV", help: "what is merged; with --stack, a commit of main", parse: text, shown: "HEAD" }),
    "check-settings": toggle("check the settings of the repository at GitHub that the workflows rest on; reads GH_TOKEN"),
    repository: option({
      metavar: "OWNER/REPO",
      help: "with --check-settings: the repository at GitHub",
      parse: text,
      shown: "GITHUB_REPOSITORY, else that of origin",
    }),
    main: option({ metavar: "REF", help: "the branch that holds the pins", parse: text, shown: "origin/main, else main" }),
    hosts: option({ metavar: "KIND", help: "hosts of the rehearsal: auto, systemd or simulated", parse: oneOf(...HOSTS), default: "auto" }),
    json: option({ metavar: "FILE", help: "write the result there", parse: text }),
  },
  [
    "--from STAGE --to STAGE [options]",
    "--to STAGE --release TAG --rollback [options]",
    "--check --base REV [--head REV] [options]",
    "--check --stack NAME [--head REV] [options]",
  ],
);

export const PROMOTE_HELP = COMMAND.help;

/** Reads the command line. Returns undefined when help was asked for. @throws RefusedError for invalid options */
export function parsePromoteOptions(argv: string[]): PromoteOptions | CheckOptions | DeployedPinOptions | SettingsOptions | undefined {
  const values = COMMAND.parse(argv);
  if (values === undefined) return undefined;
  const common = { main: values.main, hosts: values.hosts, json: values.json };
  if (values["check-settings"]) {
    refuseOthers(
      values,
      ["check", "from", "to", "release", "rollback", "override", "dry-run", "base", "head", "stack"],
      "--check-settings evaluates no pin",
    );
    return { check: "settings", repository: values.repository, main: values.main, json: values.json };
  }
  refuseOthers(values, ["repository"], "only --check-settings asks GitHub");
  if (values.check) {
    refuseOthers(values, ["from", "to", "release", "rollback", "override", "dry-run"], "--check reads it from the commits");
    const head = values.head ?? "HEAD";
    if (values.stack !== undefined) {
      refuseOthers(values, ["base"], "--stack evaluates the commit of main that set the pin");
      return { check: "deployed pin", stack: stackName(values.stack, "--stack"), head, ...common };
    }
    if (values.base === undefined) throw new RefusedError("--check: give --base, the revision to merge into, or --stack, a stack on main");
    return { check: true, base: values.base, head, ...common };
  }
  refuseOthers(values, ["base", "head", "stack"], "only --check compares revisions");
  if (values.to === undefined) throw new RefusedError("--to: give the stage whose pin changes");
  const { from, to } = stages(values.from, values.to, values.rollback);
  const { release, rollback } = values;
  if (release !== undefined && !isReleaseTag(release)) {
    throw new RefusedError(`--release ${release}: give a release's tag, like v1.2.3`);
  }
  if (from === undefined && release === undefined) throw new RefusedError("--release: give the tag; without --from there is no default");
  const override = values.override === undefined ? undefined : writtenReason(values.override);
  return { check: false, from, to, release, rollback, override, dryRun: values["dry-run"], ...common };
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

type Values = NonNullable<ReturnType<typeof COMMAND.parse>>;

function refuseOthers(values: Values, options: readonly (keyof Values)[], why: string): void {
  const given = options.find((option) => values[option] !== undefined && values[option] !== false);
  if (given !== undefined) throw new RefusedError(`--${given}: ${why}`);
}
