import { HOST_PATHS } from "../../../contract/shared/host-paths";
import type { RehearsalEnvironment } from "../../environment/rehearsal-environment";

/** Image that a stack with Docker has on its machines, under the name that `docker import` gave it. */
const IMAGE = "rootfs";
const LABEL = "rehearsed-job";

/**
 * What a job of a stack with Docker runs: a container for as long as it takes, and one more that it leaves behind, which must
 * neither survive it nor keep its instance from draining.
 */
export function containerCommand({ name, seconds }: { name: string; seconds: number }): string {
  const run = (options: string, command: string) => `docker run ${options} --label ${LABEL}=${name} ${IMAGE} ${command}`;
  return [run("--detach", "sleep 86400"), run("--rm", `sleep ${seconds}`)].join("\n");
}

/** Counts, right after each job, the containers that it left on its machine. Call the result at the end. */
export function watchContainers({ context, github, machines }: RehearsalEnvironment): () => Promise<string[]> {
  const left: string[] = [];
  const checks: Promise<void>[] = [];
  const stop = context.timeline.subscribe((event) => {
    if (event.kind !== "job" || event.change !== "succeeded" || event.instance === undefined) return;
    const { instance } = event;
    const name = github.job(event.job).spec.name;
    const list = `docker -H unix://${HOST_PATHS.engineSocket} ps --all --quiet --filter label=${LABEL}=${name}`;
    // An instance that is already gone, or going, has taken its containers along.
    const found = machines?.hosts.runCommand(instance, [list]).catch(() => undefined);
    checks.push(
      Promise.resolve(found).then((result) => {
        if (result?.exitCode === 0 && result.stdout.trim() !== "") left.push(`${name} on ${instance}`);
      }),
    );
  });
  return async () => {
    stop();
    await Promise.all(checks);
    return left;
  };
}
