import { type Parser, UsageError, commandLine, option } from "../cli/options";

const ABOUT = `Replaces the secret with which GitHub signs the deliveries to a WorkflowJobs, by one invocation of its setup function. It takes
about 15 s. Deliveries that are signed with the former secret are accepted until the next rotation, so none is lost: to revoke a secret
that someone else may know, rotate twice. A rotation that failed is finished by repeating the command. Uses the credentials and the Region of the AWS CLI. The secret is never shown.
Exit code 1: the rotation failed. Exit code 2: invalid command line, or no such function; nothing was changed.`;

/** As the component requires it: the name of a function is made of it. */
const workflowJobsName: Parser<string> = (given, flag) => {
  if (!/^[a-zA-Z][\w-]{2,53}$/.test(given))
    throw new UsageError(`${flag} ${given}: give the stack's output workflowJobsName, such as ci-runners-dev-runners-jobs`);
  return given;
};

const region: Parser<string> = (given, flag) => {
  if (!/^[a-z]{2,}(-[a-z]+)+-\d+$/.test(given)) throw new UsageError(`${flag} ${given}: give a Region such as eu-central-1`);
  return given;
};

const COMMAND = commandLine(
  "npm run rotate-webhook-secret",
  ABOUT,
  {
    name: option({ metavar: "NAME", help: "name of the WorkflowJobs: the stack's output workflowJobsName", parse: workflowJobsName }),
    region: option({ metavar: "REGION", help: "its Region", parse: region, shown: "AWS_REGION, else the profile's" }),
  },
  ["--name NAME [--region REGION]"],
);

export const ROTATE_HELP = COMMAND.help;

/** Undefined if help was asked for. @throws UsageError */
export function parseRotateOptions(argv: string[]): { name: string; region?: string } | undefined {
  const values = COMMAND.parse(argv);
  if (values === undefined) return undefined;
  const { name, region: given } = values;
  if (name === undefined) throw new UsageError("--name: give the stack's output workflowJobsName");
  return { name, ...(given === undefined ? {} : { region: given }) };
}
