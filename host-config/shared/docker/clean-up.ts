import { HOST_PATHS } from "../../../contract/shared/host-paths";
import type { HostSetup } from "../../../contract/shared/host-setup";

/**
 * Body of a function of bash that removes what a job has left in the engine, except for images, build cache and volumes with a
 * name; empty without rootless Docker. It may use no variable of the hook, and its exit code counts for nothing.
 *
 * In the hook, because only there is it certain whose containers they are: an agent would come a moment later, when they may be the
 * next job's. A request takes some 5 ms, and usually there are no containers, so that the client is not needed. A swarm would
 * start its containers again. A network that stays takes its name and its addresses from later jobs. What cannot be removed ends with the next start of the runner (engine.ts). The job may have changed
 * its environment and its user's configuration of Docker, so neither is used.
 */
export function cleanUp({ docker }: HostSetup, socket: string = HOST_PATHS.engineSocket, whose = "a job"): string {
  if (docker !== "rootless") return "";
  return `  local containers PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  engine() {
    curl --disable --silent --noproxy '*' --unix-socket ${socket} "$@"
  }
  in_time() {
    env --ignore-environment PATH="$PATH" DOCKER_HOST=unix://${socket} DOCKER_CONFIG=/nonexistent timeout --kill-after=5 "$@"
  }
  containers=$(engine --max-time 5 'http://docker/containers/json?all=1&limit=1') || return 0
  engine --max-time 10 --request POST 'http://docker/swarm/leave?force=1' >/dev/null
  if [[ $containers == '[{'* ]]; then
    echo "Removing the containers that ${whose} has left."
    in_time 10 docker ps --all --quiet --no-trunc | in_time 60 xargs --no-run-if-empty docker rm --force --volumes >/dev/null
  fi
  engine --max-time 20 --request POST http://docker/networks/prune >/dev/null
`;
}
