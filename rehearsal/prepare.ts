import { systemdHostsAvailable } from "./hosts/systemd";
import { machineImage } from "./hosts/image";
import { SUITE, SUITES, TEAM_IMAGE } from "./hosts/image-recipe";
import { locate } from "./engine/locate";

/**
 * Builds what all rehearsals share: the engine and, where real machines can run, their images. Runs before the tests;
 * otherwise the first test that needs them would take minutes and seem to hang.
 */
async function main(): Promise<void> {
  const progress = (line: string) => console.log(line);
  const machines = systemdHostsAvailable().ok ? images(progress) : undefined;
  const results = await Promise.allSettled([locate({ progress }), machines]);
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

/**
 * Besides the usual image that of a team's machines, about a minute, and those of Debian's other releases, about 20 s each. One
 * test needs the latter, and a mirror may no longer have the oldest, so their failure is left to that test.
 */
async function images(progress: (line: string) => void): Promise<void> {
  await machineImage({ progress });
  await machineImage({ ...TEAM_IMAGE, progress });
  for (const suite of SUITES.filter((other) => other !== SUITE)) {
    await machineImage({ suite, progress }).catch((error: Error) => progress(`${error.message}\nTests of Debian ${suite} will fail.`));
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
