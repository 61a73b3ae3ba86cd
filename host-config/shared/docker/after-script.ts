import { existsSync, readFileSync } from "node:fs";
import { HOST_PATHS } from "../../../contract/shared/host-paths";
import { HOST_UNITS } from "../../../contract/shared/host-units";
import { cleanUp } from "./clean-up";
import { SYSTEM_SERVICE, SYSTEM_SOCKET } from "./files";
import { awaitEngine, type DockerContext, REAL_TIMES, restart } from "./started-engine";

/** The sum of the bounds of its commands is less. */
const CLEAN_UP_MS = 120_000;

/** What differs in tests. */
const ON_THIS_HOST = {
  times: REAL_TIMES,
  engineConfig: HOST_PATHS.engineConfig as string,
  socket: HOST_PATHS.engineSocket as string,
};

/** The configuration of the rootless engine now. */
export function engineConfigText(path: string = HOST_PATHS.engineConfig): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

/**
 * The engine after the setup script, which may have changed its configuration or broken it: a machine whose engine does not answer takes no
 * job, and nothing else would keep it from entering service. Containers of the script would have the next start of a
 * rootless engine delete all that it has pulled (kept-data.ts).
 *
 * @param before configuration with which the rootless engine has started
 */
export async function settleAfterScript(context: DockerContext, before: string, host = ON_THIS_HOST): Promise<void> {
  const { setup, exec } = context;
  if (setup.docker === "root") return awaitEngine(context, SYSTEM_SERVICE, SYSTEM_SOCKET, host.times);
  // Best effort, by a bash as in the hooks of jobs. An engine that does not answer has its own reason.
  const remove = `clean_up() {\n${cleanUp(setup, host.socket, "the setup script")}}\nclean_up`;
  const { stdout } = await exec("bash", ["-c", remove], { timeoutMs: CLEAN_UP_MS });
  if (stdout.trim() !== "") context.say(`docker: ${stdout.trim()}`);
  // Else a mistake in it would be noticed by the next start alone, which is the first job's.
  if (engineConfigText(host.engineConfig) !== before) await restart(context, HOST_UNITS.docker);
  await awaitEngine(context, HOST_UNITS.docker, host.socket, host.times);
}
