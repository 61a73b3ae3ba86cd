/** One measured value, as CloudWatch stores it. */
export interface DataPoint {
  namespace: string;
  name: string;
  dimensions: Record<string, string>;
  value: number;
  /** How many times the value occurred; 1 unless the client aggregated. */
  count: number;
  /** Milliseconds since the epoch. */
  at: number;
  unit?: string;
}

const STATISTICS = ["Sum", "Average", "Minimum", "Maximum", "SampleCount"] as const;
/** `p95`, `p99.9`: the value that so many percent of the samples do not exceed. */
export type Percentile = `p${number}`;
export type Statistic = (typeof STATISTICS)[number] | Percentile;

export function isPercentile(text: string): text is Percentile {
  const percent = Number(/^p(\d{1,3}(\.\d{1,10})?)$/.exec(text)?.[1]);
  return percent > 0 && percent <= 100;
}

export function isStatistic(text: string): text is Statistic {
  return STATISTICS.some((one) => one === text) || isPercentile(text);
}

/** All metrics of a rehearsal. A metric is identified by namespace, name and exact set of dimensions, as in CloudWatch. */
export class MetricStore {
  private readonly series = new Map<string, DataPoint[]>();

  put(point: DataPoint): void {
    const key = seriesKey(point.namespace, point.name, point.dimensions);
    const points = this.series.get(key);
    if (points) points.push(point);
    else this.series.set(key, [point]);
  }

  points(namespace: string, name: string, dimensions: Record<string, string>): readonly DataPoint[] {
    return this.series.get(seriesKey(namespace, name, dimensions)) ?? [];
  }

  all(): DataPoint[] {
    return [...this.series.values()].flat();
  }

  /** Statistic over [from, to); undefined without data. */
  statistic(
    namespace: string,
    name: string,
    dimensions: Record<string, string>,
    statistic: Statistic,
    from: number,
    to: number,
  ): number | undefined {
    const points = this.points(namespace, name, dimensions).filter(({ at }) => at >= from && at < to);
    if (points.length === 0) return undefined;
    const count = points.reduce((sum, point) => sum + point.count, 0);
    const sum = points.reduce((total, point) => total + point.value * point.count, 0);
    switch (statistic) {
      case "Sum":
        return sum;
      case "Average":
        return sum / count;
      case "SampleCount":
        return count;
      case "Minimum":
        return Math.min(...points.map(({ value }) => value));
      case "Maximum":
        return Math.max(...points.map(({ value }) => value));
      default:
        return percentile(points, (count * Number(statistic.slice(1))) / 100);
    }
  }
}

/** Exact, from all samples: the smallest value that at least `rank` samples do not exceed. */
function percentile(points: readonly DataPoint[], rank: number): number {
  const sorted = [...points].sort((one, other) => one.value - other.value);
  let seen = 0;
  // The tolerance is for the rounding of the rank: 99 % of 100 samples is the 99th.
  const found = sorted.find(({ count }) => (seen += count) >= rank - 1e-9);
  return (found ?? sorted.at(-1)!).value;
}

function seriesKey(namespace: string, name: string, dimensions: Record<string, string>): string {
  return JSON.stringify([namespace, name, Object.entries(dimensions).sort(([a], [b]) => (a < b ? -1 : 1))]);
}
