import { existsSync, rmSync } from "node:fs";
import { basename, dirname } from "node:path";
import { ENGINE_OVERRIDES } from "../docker/files";
import { PROXY_PATHS } from "../proxy/files";
import type { Stage } from "./stage";

/** What other programs than the runner's read, written by the stack of whatever pool the machine is in. */
const WRITTEN = [...PROXY_PATHS, ...ENGINE_OVERRIDES];
/** More than systemd gives a service to stop. */
const STOP_MS = 120_000;
const COMMAND_MS = 30_000;

/**
 * The first stage, on an image that was made from a machine of a pool: it removes what that pool's stack told other programs. apt-get
 * would go to its proxy before this machine's is written, and this stack may have none.
 *
 * @param paths replaced by tests
 */
export function formerPool(paths: readonly string[] = WRITTEN): Stage {
  const left = () => paths.filter((path) => existsSync(path));
  return {
    name: "another pool's files",
    due: () => left().length > 0,
    async run({ exec, say }) {
      const found = left();
      for (const path of found) {
        rmSync(path);
        say(`${path} of an earlier installation is removed`);
      }
      const services = found.map((path) => basename(dirname(path))).flatMap((folder) => /^(.+\.service)\.d$/.exec(folder)?.[1] ?? []);
      if (services.length === 0) return;
      const systemctl = (timeoutMs: number, ...args: string[]) => exec("systemctl", args, { timeoutMs });
      await systemctl(COMMAND_MS, "daemon-reload");
      for (const service of services) {
        if ((await systemctl(COMMAND_MS, "is-active", "--quiet", service)).code !== 0) continue;
        // Not by a restart that is only queued: the next stage might still find the old process.
        await systemctl(STOP_MS, "stop", service);
        await systemctl(COMMAND_MS, "start", "--no-block", service);
      }
    },
  };
}
