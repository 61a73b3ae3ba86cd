import { releaseOf } from "../../contract/shared/release";
import { WebhookScope } from "../../contract/workflow-jobs/webhook";
import { VERSION } from "../shared/package-version";
import type { DefaultsOf } from "../shared/with-defaults";
import type { WorkflowJobsArgs } from "./args";

/** The program's project and stack, and the component's name in it. */
interface Basis {
  project: string;
  stack: string;
  name: string;
}

/** The default of each argument that has one. An argument without an entry is off unless given. */
export const DEFAULTS = {
  /** Unique: a project's name is unique in its organization, a stack's in its project, and a component's in its stack. */
  workflowJobsName: ({ project, stack, name }: Basis) => `${project}-${stack}-${name}`,
  /** The release of the code that deploys. */
  release: releaseOf(VERSION),
  github: { apiUrl: "https://api.github.com" },
  webhook: {
    /** The only one that needs no further permission. */
    scope: WebhookScope.App as WebhookScope,
    /** What another program receives is not ours to end. */
    takeOver: false,
  },
  ours: [],
  /** It needs a permission to write. */
  rerunLostJobs: false,
  /** Longer than the longest queue, and long enough to investigate a job that waited. */
  logRetentionDays: 30,
} satisfies DefaultsOf<WorkflowJobsArgs>;
