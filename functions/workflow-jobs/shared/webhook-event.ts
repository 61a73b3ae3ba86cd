/** The one event of GitHub's webhook that the component needs. */
export const JOB_EVENT = "workflow_job";

/** An address without its path and query, which may contain another system's secret. */
export function hostOf(url: string | undefined): string {
  if (url === undefined || url === "") return "no address";
  return URL.canParse(url) ? new URL(url).host : "an unreadable address";
}
