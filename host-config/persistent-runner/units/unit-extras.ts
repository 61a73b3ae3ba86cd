import type { PersistentHostConfig } from "../../../contract/persistent-runner/host";
import { dockerExtras, dockerFiles } from "../../shared/docker/files";
import { logsExtras, logsFiles } from "../../shared/logs/files";
import { proxyExtras, proxyFiles } from "../../shared/proxy/files";
import type { RenderedFile, UnitFacts } from "../../shared/rendered-file";
import { storageExtras, storageFiles } from "../../shared/storage/files";
import { joinExtras, type UnitExtras } from "../../shared/unit-extras";
import { setupOf } from "../agent/setup";

/** What the parts of the host's setup add to the runner's unit, and to what the installation enables. */
export function unitExtras(config: PersistentHostConfig): UnitExtras {
  const setup = setupOf(config);
  return joinExtras(storageExtras(setup), dockerExtras(setup, !config.jobsMayUseInstanceRole), proxyExtras(setup), logsExtras(setup));
}

/** Their own files. */
export function extraFiles(config: PersistentHostConfig, facts: UnitFacts): RenderedFile[] {
  return [storageFiles, dockerFiles, proxyFiles, logsFiles].flatMap((files) => files(setupOf(config), facts));
}
