import type { HostSetup } from "../../../contract/shared/host-setup";
import type { Log } from "../ports/log";
import type { Stage } from "../prepare/stage";

export interface StorageHost {
  setup: HostSetup;
  /** The job's user, who owns what is mounted for jobs. */
  user: string;
  log: Log;
}

/** The command of runner-storage.service, at each boot. May be repeated. Rejects if a volume is missing or another's. */
export async function mountStorage(_host: StorageHost): Promise<void> {}

/** The same during the installation, where a failure abandons the launch. */
export const storageStage: Stage = {
  name: "storage",
  due: ({ storage }) => storage !== undefined,
  run: async () => undefined,
};
