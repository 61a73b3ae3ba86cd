import { PATHS, UNITS, type HostConfig } from "../../../contract/actions-runner-pool/host";
import { dockerExtras, dockerFiles } from "../../shared/docker/files";
import { logsExtras, logsFiles } from "../../shared/logs/files";
import { proxyExtras, proxyFiles } from "../../shared/proxy/files";
import type { RenderedFile, UnitFacts } from "../../shared/rendered-file";
import { storageExtras, storageFiles } from "../../shared/storage/files";
import { joinExtras, type UnitExtras } from "../../shared/unit-extras";
import type { HostFacts } from "./agent-units";

/** What the parts of the host's setup add to the runner's unit, and to what the installer enables. */
export function unitExtras(config: HostConfig): UnitExtras {
  return joinExtras(storageExtras(config), dockerExtras(config, !config.jobsMayUseInstanceRole), proxyExtras(config), logsExtras(config));
}

/** Their own files. */
export function extraFiles(config: HostConfig, facts: HostFacts): RenderedFile[] {
  const known: UnitFacts = {
    user: config.runnerUser,
    uid: facts.runnerUid,
    group: facts.runnerGroup,
    runnerUnit: UNITS.runner,
    agent: `${PATHS.node} ${PATHS.agent}`,
    authorities: facts.authorities,
    metadataDenied: !config.jobsMayUseInstanceRole,
  };
  return [storageFiles, dockerFiles, proxyFiles, logsFiles].flatMap((files) => files(config, known));
}
