/** Every file that depends on the configuration, as text. The bundle is the same for all machines; these files differ. */
import { type PersistentHostConfig, PERSISTENT_PATHS, PERSISTENT_UNITS } from "../../../contract/persistent-runner/host";
import { cleanUp } from "../../shared/docker/clean-up";
import { type RenderedFile, type UnitFacts, unitFile as unit } from "../../shared/rendered-file";
import { needrestartOverride, unattendedUpgradesOverride, userSlice } from "../../shared/system-files";
import { bootScript } from "../boot-script";
import { bootUnit } from "./boot-unit";
import { completedHook, startedHook } from "./hooks";
import { idleTimer, idleUnit } from "./idle-units";
import { powerUnits } from "./power-units";
import { reportUnit } from "./report-unit";
import { runnerUnit } from "./runner-unit";
import { extraFiles, unitExtras } from "./unit-extras";

export function renderFiles(config: PersistentHostConfig, facts: UnitFacts): RenderedFile[] {
  const script = (path: string, content: string): RenderedFile => ({ path, mode: 0o755, content });
  const file = (path: string, content: string): RenderedFile => ({ path, mode: 0o644, content });
  return [
    ...loaderFiles(config),
    script(PERSISTENT_PATHS.jobStartedHook, startedHook()),
    script(PERSISTENT_PATHS.jobCompletedHook, completedHook(cleanUp(config))),
    unit(PERSISTENT_UNITS.runner, runnerUnit(config, facts)),
    unit(PERSISTENT_UNITS.idle, idleUnit(facts.agent)),
    unit(PERSISTENT_UNITS.idleTimer, idleTimer()),
    unit(PERSISTENT_UNITS.report, reportUnit(facts.agent)),
    ...(facts.metadataDenied ? [unit(`user-${facts.uid}.slice.d/ci-runners.conf`, userSlice())] : []),
    file("/etc/needrestart/conf.d/ci-runners.conf", needrestartOverride(Object.values(PERSISTENT_UNITS))),
    file("/etc/apt/apt.conf.d/90ci-runners", unattendedUpgradesOverride()),
    ...extraFiles(config, facts),
  ];
}

/** Those by which the machine comes to its next preparation, and goes off in any case. */
export function loaderFiles(config: PersistentHostConfig): RenderedFile[] {
  const loader = { path: PERSISTENT_PATHS.boot, mode: 0o755, content: bootScript(config) };
  return [loader, ...powerUnits(config), unit(PERSISTENT_UNITS.boot, bootUnit())];
}

/** Those that a boot starts by itself. */
export function enabledUnits(config: PersistentHostConfig): string[] {
  return [PERSISTENT_UNITS.boot, PERSISTENT_UNITS.failsafe, PERSISTENT_UNITS.idleTimer, ...unitExtras(config).enable];
}
