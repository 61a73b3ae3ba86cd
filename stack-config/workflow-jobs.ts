import type { WorkflowJobsArgs } from "../components";
import { readGithub } from "./github";
import type { Reader } from "./reader";

/** The arguments of a source of demand, except those that the program sets itself. */
export type WorkflowJobsConfig = Omit<WorkflowJobsArgs, "release">;

/** Without `github`, the account and the App of the stack. */
type Given = Partial<WorkflowJobsConfig>;

const COMPONENT = "WorkflowJobs";

/** Reads the source's arguments, which are fields of one key. Undefined without the key, which means no source. */
export function readWorkflowJobs(read: Reader): WorkflowJobsConfig | undefined {
  const given = read.component<Given>(COMPONENT, "workflowJobs");
  if (given === undefined) return undefined;
  // A token is nothing that a source could use.
  const { tokenSecretArn: _, app, ...github } = readGithub(read);
  return { ...given, github: given.github ?? { ...github, app: app! } };
}
