/**
 * The oldest system that the tests boot a pool's machine with: older in each part than every supported one, whose
 * versions lie between these and those of the newest machine. Debian 11 itself is no longer supported by Debian.
 */
export const OLDEST_MACHINE = { suite: "bullseye", systemd: 247, curl: "7.74", cloudInit: "20.4" } as const;

/** Compares versions such as `7.81` and `8.5` by their parts. */
export function compareVersions(one: string, other: string): number {
  const [a, b] = [one, other].map((version) => version.split(".").map(Number));
  for (let part = 0; part < Math.max(a!.length, b!.length); part++) {
    const difference = (a![part] ?? 0) - (b![part] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
