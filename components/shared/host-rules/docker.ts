import { DockerMode } from "../host-args/docker";
import type { HostSettings } from "../host-args/settings";
import { type Violation, violation } from "../input-errors";

type DockerSettings = Pick<HostSettings, "docker" | "jobsMayUseDocker" | "jobsMayBecomeRoot">;

/** Checks the arguments of Docker. */
export function dockerViolations({ docker, jobsMayUseDocker, jobsMayBecomeRoot }: DockerSettings): Violation[] {
  const found: Violation[] = [];
  if (docker !== undefined && !Object.values(DockerMode).includes(docker))
    found.push(violation("docker", docker, "not a mode of Docker", "Use none, root or rootless"));
  // Also for false: a reader of both cannot know which one counts.
  if (docker !== undefined && jobsMayUseDocker !== undefined)
    found.push(violation("jobsMayUseDocker", jobsMayUseDocker, "docker is given, too", "Remove jobsMayUseDocker; it is deprecated"));
  if (docker === DockerMode.Rootless && jobsMayBecomeRoot) {
    const problem = "jobsMayBecomeRoot makes every job root, so nothing would be rootless";
    found.push(violation("docker", docker, problem, "Remove jobsMayBecomeRoot, or use root"));
  }
  return found;
}
