import { RefusedError } from "./refused-error";
import { FLAG, TEXT, parseFlags } from "./parse-flags";

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

export const DEPLOY_HELP = `Usage: npm run deploy -- --stack NAME [--preview] [--at REV] [--main REF]
       npm run deploy -- --changed --base REV [--head REV] [--json FILE]

Deploys the release that a stack pins with the stack's configuration, with the pulumi on PATH, and passes its exit code on.
With --changed, lists the stacks that a change redeploys, one JSON object per line.

  --stack NAME  the stack
  --preview     pulumi preview instead of pulumi up
  --at REV      source of pin and configuration; must be on main, except for a preview     (HEAD)
  --main REF    the branch that is deployed                            (origin/main, else main)
  --base REV    the commit before, or the branch that is merged into; 40 zeros for nothing
  --head REV    the commit after                                                           (HEAD)
  --json FILE   write the list there, too, as a JSON array
  --help        this text
`;

/** What Pulumi allows for a stack without its organization. */
const STACK = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;

/** Reads the command line. Returns undefined when help was asked for. @throws RefusedError for invalid options */
export function parseDeployOptions(argv: string[]): StackOptions | ChangedOptions | undefined {
  const { help, changed, stack, preview, at, main, base, head, json } = read(argv);
  if (help) return undefined;
  if (changed) {
    if (stack !== undefined || preview || at !== undefined || main !== undefined) {
      throw new RefusedError("--changed: goes with --base, --head and --json alone");
    }
    if (base === undefined) throw new RefusedError("--changed: give --base, the revision before the change");
    return { changed, base, head: head ?? "HEAD", json };
  }
  if (base !== undefined || head !== undefined || json !== undefined)
    throw new RefusedError("--base, --head and --json: go with --changed alone");
  if (stack === undefined) throw new RefusedError("--stack: give the stack to deploy");
  if (!STACK.test(stack)) throw new RefusedError(`--stack ${stack}: give a stack's name: letters, digits, _, - and ., at most 100`);
  return { changed: false, stack, preview: preview ?? false, at: at ?? "HEAD", main };
}

const read = (argv: string[]) =>
  parseFlags(argv, "deploy", {
    ...{ stack: TEXT, preview: FLAG, at: TEXT, main: TEXT },
    ...{ changed: FLAG, base: TEXT, head: TEXT, json: TEXT, help: FLAG },
  });
