import { type Activity, failedLaunch, launchedInstance } from "../shared/activities";
import type { ScalePorts } from "./ports";

/**
 * A page that reaches back that far is the last. Activities are sorted by their start, and a launch that ends now may have begun two
 * hours ago, if its hook has that time: it is found among the latest 100, or not counted.
 */
const HORIZON_MS = 20 * 60_000;
/** Of 100 activities each, a pass: more launches than that end between two passes only if all of them fail. */
const MAX_PAGES = 5;

/** What the group's history says about launches since the pass before. */
export interface LaunchNews {
  failed: number;
  /** Auto Scaling's text for the newest of them. */
  lastFailure?: string;
  /** End of the newest of them, or what was given. */
  failuresUpTo: number;
  /** Seconds from launch to service, by instance. */
  boots: ReadonlyMap<string, number>;
}

/**
 * @param unmeasured instances whose boot is looked for.
 * @param since end of the newest failed launch that was counted, in milliseconds since the epoch.
 */
export async function launchNews(
  ports: Pick<ScalePorts, "activities">,
  group: string,
  unmeasured: readonly string[],
  since: number,
): Promise<LaunchNews> {
  const boots = new Map<string, number>();
  const wanted = new Set(unmeasured);
  const failures: Activity[] = [];
  let pages = 0;
  for await (const page of ports.activities(group)) {
    for (const activity of page) {
      if (failedLaunch(activity) && endOf(activity) > since) failures.push(activity);
      const id = launchedInstance(activity);
      // Newest first: an earlier launch of the same instance was the one into the warm pool.
      if (id === undefined || !wanted.delete(id) || activity.endedAt === undefined) continue;
      boots.set(id, (activity.endedAt.getTime() - activity.startedAt.getTime()) / 1000);
    }
    pages += 1;
    if (pages >= MAX_PAGES || (page.at(-1)?.startedAt.getTime() ?? 0) < since - HORIZON_MS) break;
  }
  const newest = failures.reduce<Activity | undefined>((a, b) => (a === undefined || endOf(b) > endOf(a) ? b : a), undefined);
  return {
    failed: failures.length,
    ...(newest ? { lastFailure: newest.message ?? "no reason given" } : {}),
    failuresUpTo: newest ? endOf(newest) : since,
    boots,
  };
}

const endOf = ({ endedAt, startedAt }: Activity) => (endedAt ?? startedAt).getTime();
