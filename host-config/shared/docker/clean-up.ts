import { HOST_PATHS } from "../../../contract/shared/host-paths";
import type { HostSetup } from "../../../contract/shared/host-setup";

/**
 * Commands for the end of a job hook, which remove the containers of the job; empty without rootless Docker. They may use no
 * variable of the hook, and their exit code counts for nothing.
 *
 * In the hook, because only there is it certain whose containers they are: an agent would come a moment later, when they may be the
 * next job's. The question alone takes some 5 ms and usually has the answer that there are none. A swarm would start its
 * containers again. What cannot be removed ends with the next start of the runner (engine.ts). The job may have changed
 * its environment and its user's configuration of Docker, so neither is used.
 */
export function cleanUp({ docker }: HostSetup, socket: string = HOST_PATHS.engineSocket): string {
  if (docker !== "rootless") return "";
  return `  local containers PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  containers=$(curl --disable --silent --noproxy '*' --max-time 5 --unix-socket ${socket} 'http://docker/containers/json?all=1&limit=1') ||
    return 0
  [[ $containers == '[{'* ]] || return 0
  echo "Removing the containers that the job has left."
  in_time() {
    env --ignore-environment PATH="$PATH" DOCKER_HOST=unix://${socket} DOCKER_CONFIG=/nonexistent timeout --kill-after=5 "$@"
  }
  in_time 10 docker swarm leave --force >/dev/null 2>&1
  in_time 10 docker ps --all --quiet --no-trunc | in_time 60 xargs --no-run-if-empty docker rm --force --volumes >/dev/null
  in_time 20 docker network prune --force >/dev/null
`;
}
