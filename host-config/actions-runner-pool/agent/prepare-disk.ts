import type { HostConfig } from "../../../contract/actions-runner-pool/host";
import { PrepareError } from "../../shared/prepare/prepare-error";
import type { Stage } from "../../shared/prepare/stage";
import { disk } from "../../shared/disk";
import { foldersOf } from "./disk";
import { AT_LAUNCH, shortageOf } from "./full-disk";

/** The registration checks the same later. Here the reason is known: what the user has installed. */
export function diskStage(config: HostConfig, { space } = disk(foldersOf(config))): Stage {
  return {
    name: "disk",
    due: ({ packages, script }) => packages !== undefined || script !== undefined,
    async run() {
      const shortage = shortageOf(await space(), AT_LAUNCH, config.diskFloor);
      if (shortage !== undefined) throw new PrepareError(`disk: setupScript and packages leave too little space for jobs: ${shortage}`);
    },
  };
}
