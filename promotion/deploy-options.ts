import { option, text, toggle } from "../cli/options";
import { refusingCommandLine } from "./command-line";
import { RefusedError } from "./refused-error";
import { stackName } from "./stack-name";

export interface StackOptions {
  changed: false;
  stack: string;
  preview: boolean;
  at: string;
  main?: string;
}
export interface ChangedOptions {
  changed: true;
  base: string;
  head: string;
  json?: string;
}

const ABOUT = `Deploys the release that a stack pins with the stack's configuration, with the pulumi on PATH, and exits with its exit code.
With --changed, lists the stacks that a change redeploys, one JSON object per line.`;

const COMMAND = refusingCommandLine(
  "npm run deploy",
  ABOUT,
  {
    stack: option({ metavar: "NAME", help: "the stack", parse: text }),
    preview: toggle("run pulumi preview instead of pulumi up"),
    at: option({
      metavar: "REV",
      help: "source of pin and configuration; must be on main, except for a preview",
      parse: text,
      shown: "HEAD",
    }),
    main: option({ metavar: "REF", help: "the branch that is deployed", parse: text, shown: "origin/main, else main" }),
    changed: toggle("list the stacks that a change redeploys"),
    base: option({
      metavar: "REV",
      help: "the previous commit, or the branch that is merged into; 40 zeros for none",
      parse: text,
    }),
    head: option({ metavar: "REV", help: "the commit with the change", parse: text, shown: "HEAD" }),
    json: option({ metavar: "FILE", help: "also write the list there, as a JSON array", parse: text }),
  },
  ["--stack NAME [--preview] [--at REV] [--main REF]", "--changed --base REV [--head REV] [--json FILE]"],
);

export const DEPLOY_HELP = COMMAND.help;

/** Reads the command line. Returns undefined when help was asked for. @throws RefusedError for invalid options */
export function parseDeployOptions(argv: string[]): StackOptions | ChangedOptions | undefined {
  const values = COMMAND.parse(argv);
  if (values === undefined) return undefined;
  const { changed, stack, preview, at, main, base, head, json } = values;
  if (changed) {
    if (stack !== undefined || preview || at !== undefined || main !== undefined) {
      throw new RefusedError("--changed: allows only --base, --head and --json");
    }
    if (base === undefined) throw new RefusedError("--changed: give --base, the revision before the change");
    return { changed: true, base, head: head ?? "HEAD", json };
  }
  if (base !== undefined || head !== undefined || json !== undefined)
    throw new RefusedError("--base, --head and --json: require --changed");
  if (stack === undefined) throw new RefusedError("--stack: give the stack to deploy");
  return { changed: false, stack: stackName(stack, "--stack"), preview, at: at ?? "HEAD", main };
}
