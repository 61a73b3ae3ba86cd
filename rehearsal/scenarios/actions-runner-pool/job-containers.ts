import { HOST_PATHS } from "../../../contract/shared/host-paths";
import type { RehearsalEnvironment } from "../../environment/rehearsal-environment";
import { CONTAINER_ROOT } from "../../hosts/package-archive";

const IMAGE = "rootfs";
const LABEL = "rehearsed-job";

/** Makes the image, unless the engine has it, such as by the stack's setup script: no registry can be reached. */
export const IMPORT_IMAGE = `docker image inspect ${IMAGE} >/dev/null 2>&1 || docker import ${CONTAINER_ROOT} ${IMAGE} >/dev/null`;

/**
 * What a job of a stack with Docker runs: a container for as long as it takes, and one more that it leaves behind, which must
 * neither survive it nor keep its instance from draining.
 */
export function containerCommand({ name, seconds }: { name: string; seconds: number }): string {
  const run = (options: string, command: string) => `docker run ${options} --label ${LABEL}=${name} ${IMAGE} ${command}`;
  return [IMPORT_IMAGE, run("--detach", "sleep 86400"), run("--rm", `sleep ${seconds}`)].join("\n");
}

export interface JobContainers {
  /** Jobs after which the engine of their machine answered. */
  checked: number;
  /** Containers that were still there then, as `JOB on INSTANCE`. */
  left: string[];
}

/** Asks, right after each job, for the containers that it left on its machine. Call the result at the end. */
export function watchContainers({ context, github, machines }: RehearsalEnvironment): () => Promise<JobContainers> {
  const found: JobContainers = { checked: 0, left: [] };
  const checks: Promise<void>[] = [];
  const check = async (instance: string, name: string) => {
    const list = `docker -H unix://${HOST_PATHS.engineSocket} ps --all --quiet --filter label=${LABEL}=${name}`;
    // An instance that is already gone, or going, has taken its containers along.
    const answer = await machines?.hosts.runCommand(instance, [list]).catch(() => undefined);
    if (answer?.exitCode !== 0) return;
    found.checked++;
    if (answer.stdout.trim() !== "") found.left.push(`${name} on ${instance}`);
  };
  const stop = context.timeline.subscribe((event) => {
    if (event.kind !== "job" || event.change !== "succeeded" || event.instance === undefined) return;
    checks.push(check(event.instance, github.job(event.job).spec.name));
  });
  return async () => {
    stop();
    await Promise.all(checks);
    return found;
  };
}
