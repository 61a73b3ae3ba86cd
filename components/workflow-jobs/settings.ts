import { type WorkflowJobsNames, workflowJobsNames } from "../../contract/workflow-jobs/names";
import { type WithDefaults, withDefaults } from "../shared/with-defaults";
import type { WorkflowJobsArgs as Args } from "./args";
import { DEFAULTS } from "./defaults";

/** The arguments with every default applied, and the names in AWS that derive from them. */
export type WorkflowJobsSettings = WithDefaults<Args, typeof DEFAULTS> & { names: WorkflowJobsNames };

/**
 * @param name the component's name in its program.
 * @param program the deploying program; the default of `workflowJobsName` derives from its project and stack and `name`.
 */
export function resolveSettings(name: string, args: Args, program: { project: string; stack: string }): WorkflowJobsSettings {
  const settings = withDefaults(args, DEFAULTS, { ...program, name });
  return {
    ...settings,
    names: workflowJobsNames(settings.workflowJobsName),
    github: { ...settings.github, apiUrl: settings.github.apiUrl.replace(/\/+$/, "") },
  };
}
