import { UNITS } from "../../contract/actions-runner-pool/host";
import type { LivePool } from "../../rehearsal/scenarios/actions-runner-pool/live-pool";
import type { Samples } from "../results";

const PAUSE_SECONDS = 3;
/** Until the protection of an earlier job is cleared, and earlier garbage is collected. */
const SETTLE_SECONDS = 10;

/** One shell takes all readings, because entering the machine for each one would disturb the measurement. */
const readings = (count: number) => `sleep ${SETTLE_SECONDS}
pid=$(systemctl show --property=MainPID --value ${UNITS.agent})
for _ in $(seq ${count + 1}); do
  set -- $(grep VmRSS /proc/$pid/status) $(grep usage_usec /sys/fs/cgroup/system.slice/${UNITS.agent}/cpu.stat) $(date +%s%6N)
  echo "$2 $5 $6"
  sleep ${PAUSE_SECONDS}
done
`;

/** The daemon on an idle instance in service. */
export async function measureAgent(pool: LivePool, instance: string, count: number): Promise<Samples> {
  const lines = (await pool.sh(instance, readings(count))).split("\n");
  return idleFigures(lines.map((line) => line.split(" ").map(Number) as [number, number, number]));
}

/** @param readings resident KiB, microseconds of CPU time so far, microseconds since the epoch. */
export function idleFigures(readings: readonly [number, number, number][]): Samples {
  const later = readings.slice(1);
  return {
    "agent.memory": later.map(([kib]) => kib / 1024),
    "agent.cpu": later.map(([, cpu, at], index) => (100 * (cpu - readings[index]![1])) / (at - readings[index]![2])),
  };
}
