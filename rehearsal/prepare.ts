import { systemdHostsAvailable } from "./hosts/systemd";
import { machineImage } from "./hosts/image";
import { locate } from "./engine/locate";

/**
 * Builds what all rehearsals share: the engine and, where real machines can run, their image. Runs before the tests;
 * otherwise the first test that needs them would take minutes and seem to hang.
 */
async function main(): Promise<void> {
  const progress = (line: string) => console.log(line);
  const image = systemdHostsAvailable().ok ? machineImage({ progress }) : undefined;
  const results = await Promise.allSettled([locate({ progress }), image]);
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
