/** Every file that the installer writes, as text. The bundle is the same for all pools; these files differ. */
import { PATHS, UNITS, type HostConfig } from "../../../contract/actions-runner-pool/host";
import { cleanUp } from "../../shared/docker/clean-up";
import { unitFile as unit, type RenderedFile } from "../../shared/rendered-file";
import { agentSocket, agentUnit, completeUnit, heartbeatTimer, heartbeatUnit, type HostFacts } from "./agent-units";
import { endServiceScript } from "./end-service";
import { jobCompletedHook, jobStartedHook } from "./hooks";
import { afterStopScript, runnerUnit, stopAgainScript } from "./runner-unit";
import { needrestartOverride, unattendedUpgradesOverride, userSlice } from "../../shared/system-files";
import { SHUTDOWN_TARGETS, listenerLogMount, perfLogMount, shutdownTimeout, temporaryFiles } from "./system-files";
import { extraFiles } from "./unit-extras";

export function renderFiles(config: HostConfig, facts: HostFacts): RenderedFile[] {
  const script = (path: string, content: string): RenderedFile => ({ path, mode: 0o755, content });
  const file = (path: string, content: string): RenderedFile => ({ path, mode: 0o644, content });
  return [
    script(PATHS.jobStartedHook, jobStartedHook(config.userJobStartedHook, cleanUp(config))),
    script(PATHS.jobCompletedHook, jobCompletedHook(config.userJobCompletedHook, cleanUp(config))),
    script(`${PATHS.home}/stop-again.sh`, stopAgainScript(config)),
    script(`${PATHS.home}/end-service.sh`, endServiceScript()),
    script(`${PATHS.home}/after-stop.sh`, afterStopScript()),
    unit(UNITS.runner, runnerUnit(config)),
    unit(UNITS.agent, agentUnit(facts)),
    unit(UNITS.agentSocket, agentSocket(facts)),
    unit(UNITS.heartbeat, heartbeatUnit(facts)),
    unit(UNITS.heartbeatTimer, heartbeatTimer(config)),
    unit(UNITS.complete, completeUnit(config, facts)),
    unit(UNITS.perfLog, perfLogMount(facts.runnerUid)),
    unit(UNITS.listenerLog, listenerLogMount()),
    ...(config.jobsMayUseInstanceRole ? [] : [unit(`user-${facts.runnerUid}.slice.d/ci-runners.conf`, userSlice())]),
    ...SHUTDOWN_TARGETS.map((target) => unit(`${target}.d/ci-runners.conf`, shutdownTimeout(config))),
    file("/etc/tmpfiles.d/ci-runners.conf", temporaryFiles(config, facts.runnerGroup)),
    file("/etc/needrestart/conf.d/ci-runners.conf", needrestartOverride(Object.values(UNITS))),
    file("/etc/apt/apt.conf.d/90ci-runners", unattendedUpgradesOverride()),
    ...extraFiles(config, facts),
  ];
}
