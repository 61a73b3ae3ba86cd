import { systemdHostsAvailable } from "./hosts/systemd";
import { machineImage } from "./hosts/image";
import { locate } from "./engine/locate";

/**
 * Makes what a rehearsal needs once and keeps: the engine and, where real machines can run, their image. Run before
 * the tests, because the first one to need it would take minutes and look hung.
 */
async function main(): Promise<void> {
  const progress = (line: string) => console.log(line);
  const image = systemdHostsAvailable().ok ? machineImage({ progress }) : undefined;
  const ended = await Promise.allSettled([locate({ progress }), image]);
  for (const one of ended) if (one.status === "rejected") throw one.reason;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
