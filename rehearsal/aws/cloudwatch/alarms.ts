import type { ResourceStore } from "../api";
import type { DataPoint, MetricStore, Statistic } from "./metrics";

export interface AlarmReport {
  name: string;
  /** Whether it would be in state ALARM now. */
  inAlarm: boolean;
  /** End of the first evaluation that would have raised it, in milliseconds since the epoch. */
  firstRaisedAt?: number;
}

const COMPARISONS: Record<string, (value: number, threshold: number) => boolean> = {
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  GreaterThanThreshold: (value, threshold) => value > threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
};

/**
 * Evaluates the deployed alarms: ALARM if M of the last N periods breach. Missing data breaches only if the alarm
 * says so; `ignore` is treated as `missing`, since alarms here start as OK.
 */
export function evaluateAlarms(store: ResourceStore, metrics: MetricStore, now: number): AlarmReport[] {
  return store.list("aws:cloudwatch/metricAlarm:MetricAlarm").map(({ id, state }) => {
    if (state["metricQueries"] !== undefined) {
      throw new Error(`alarm ${state["name"] ?? id}: the rehearsal does not evaluate metric math`);
    }
    const alarm = {
      namespace: state["namespace"] as string,
      metric: state["metricName"] as string,
      dimensions: (state["dimensions"] ?? {}) as Record<string, string>,
      statistic: (state["extendedStatistic"] ?? state["statistic"]) as Statistic,
      periodMs: Number(state["period"] ?? 60) * 1000,
      periods: Number(state["evaluationPeriods"]),
      needed: Number(state["datapointsToAlarm"] ?? state["evaluationPeriods"]),
      breaches: COMPARISONS[state["comparisonOperator"] as string],
      threshold: Number(state["threshold"] ?? 0),
      missingBreaches: state["treatMissingData"] === "breaching",
    };
    const { breaches } = alarm;
    if (!breaches)
      throw new Error(`alarm ${state["name"] ?? id}: the rehearsal does not evaluate comparisonOperator ${state["comparisonOperator"]}`);
    const points = metrics.points(alarm.namespace, alarm.metric, alarm.dimensions);
    const raisedAt = (end: number): boolean => {
      let breaching = 0;
      for (let period = 1; period <= alarm.periods; period++) {
        const from = end - period * alarm.periodMs;
        const value = metrics.statistic(alarm.namespace, alarm.metric, alarm.dimensions, alarm.statistic, from, from + alarm.periodMs);
        if (value === undefined ? alarm.missingBreaches : breaches(value, alarm.threshold)) breaching++;
      }
      return breaching >= alarm.needed;
    };
    const firstRaisedAt = periodEnds(points, alarm.periodMs, alarm.periods, now).find(raisedAt);
    const lastEnd = Math.ceil(now / alarm.periodMs) * alarm.periodMs;
    return { name: String(state["name"] ?? id), inAlarm: raisedAt(lastEnd), ...(firstRaisedAt === undefined ? {} : { firstRaisedAt }) };
  });
}

/** Ends of the periods whose evaluation can change: those whose evaluation range contains a data point. */
function periodEnds(points: readonly DataPoint[], periodMs: number, periods: number, now: number): number[] {
  const ends = new Set<number>();
  for (const { at } of points) {
    const first = (Math.floor(at / periodMs) + 1) * periodMs;
    for (let i = 0; i < periods; i++) ends.add(first + i * periodMs);
  }
  return [...ends].filter((end) => end - periodMs <= now).sort((a, b) => a - b);
}
