import { AwsError, type Shape } from "../api";
import { isPercentile, isStatistic, type MetricStore, type Statistic } from "./metrics";

/** Data points that one call of GetMetricStatistics returns. */
const MOST_DATA_POINTS = 1440;
const MOST_QUERIES = 500;
/** Seconds; all longer periods are whole minutes. */
const SHORT_PERIODS = [1, 5, 10, 20, 30];

interface Metric {
  namespace: string;
  name: string;
  dimensions: Record<string, string>;
}

interface Window {
  from: number;
  to: number;
  periodMs: number;
}

/** Statistics of one metric by period, percentiles included. */
export function getMetricStatistics(metrics: MetricStore, params: Shape): Shape {
  const metric = metricOf(params);
  const window = windowOf(params, params["Period"]);
  const plain = (params["Statistics"] as string[] | undefined) ?? [];
  const extended = (params["ExtendedStatistics"] as string[] | undefined) ?? [];
  if (plain.length + extended.length === 0) {
    throw new AwsError("MissingParameter", "The parameter Statistics or ExtendedStatistics is required.");
  }
  for (const name of plain) if (!isStatistic(name) || isPercentile(name)) throw invalid("Statistics", name);
  for (const name of extended) if (!isPercentile(name)) throw invalid("ExtendedStatistics", name);
  const starts = periods(window);
  if (starts.length > MOST_DATA_POINTS) {
    throw new AwsError(
      "InvalidParameterCombination",
      `You have requested up to ${starts.length} datapoints, which exceeds the limit of ${MOST_DATA_POINTS}.`,
    );
  }
  const datapoints = starts.flatMap((start) => {
    const value = (name: string) => statisticAt(metrics, metric, name as Statistic, start, window.periodMs);
    if (value("SampleCount") === undefined) return [];
    const values = (names: string[]) => Object.fromEntries(names.map((name) => [name, value(name)]));
    return [{ Timestamp: new Date(start), ...values(plain), ...(extended.length > 0 ? { ExtendedStatistics: values(extended) } : {}) }];
  });
  return { Label: metric.name, Datapoints: datapoints };
}

interface Query {
  Id?: string;
  Label?: string;
  Expression?: string;
  ReturnData?: boolean;
  MetricStat?: { Metric?: Shape; Period?: number; Stat?: string };
}

/** Several metrics at once, each with one statistic. */
export function getMetricData(metrics: MetricStore, params: Shape): Shape {
  const queries = (params["MetricDataQueries"] as Query[] | undefined) ?? [];
  if (queries.length < 1 || queries.length > MOST_QUERIES) {
    throw new AwsError("ValidationError", `The collection MetricDataQueries must have from 1 to ${MOST_QUERIES} items.`);
  }
  const ascending = params["ScanBy"] === "TimestampAscending";
  const results = queries
    .filter(({ ReturnData = true }) => ReturnData)
    .map(({ Id = "", Label, Expression, MetricStat }) => {
      if (Expression !== undefined || !MetricStat) {
        throw new AwsError("ValidationError", `Query ${Id}: the rehearsal's CloudWatch does not evaluate expressions.`);
      }
      const { Metric = {}, Period, Stat = "" } = MetricStat;
      if (!isStatistic(Stat)) throw invalid("MetricStat.Stat", Stat);
      const metric = metricOf(Metric);
      const window = windowOf(params, Period);
      const points = periods(window).flatMap((start) => {
        const value = statisticAt(metrics, metric, Stat, start, window.periodMs);
        return value === undefined ? [] : [{ start, value }];
      });
      if (!ascending) points.reverse();
      return {
        Id,
        Label: Label ?? metric.name,
        Timestamps: points.map(({ start }) => new Date(start)),
        Values: points.map(({ value }) => value),
        StatusCode: "Complete",
      };
    });
  return { MetricDataResults: results, Messages: [] };
}

function statisticAt(metrics: MetricStore, { namespace, name, dimensions }: Metric, statistic: Statistic, start: number, periodMs: number) {
  return metrics.statistic(namespace, name, dimensions, statistic, start, start + periodMs);
}

function metricOf({ Namespace, MetricName, Dimensions }: Shape): Metric {
  if (!Namespace || !MetricName) throw new AwsError("MissingParameter", "The parameters Namespace and MetricName are required.");
  const given = (Dimensions as { Name: string; Value: string }[] | undefined) ?? [];
  const dimensions = Object.fromEntries(given.map(({ Name, Value }) => [Name, Value]));
  return { namespace: String(Namespace), name: String(MetricName), dimensions };
}

function windowOf({ StartTime, EndTime }: Shape, period: unknown): Window {
  const seconds = Number(period);
  if (!SHORT_PERIODS.includes(seconds) && !(seconds >= 60 && seconds % 60 === 0)) throw invalid("Period", String(period));
  if (!(StartTime instanceof Date) || !(EndTime instanceof Date)) {
    throw new AwsError("MissingParameter", "The parameters StartTime and EndTime are required.");
  }
  if (StartTime >= EndTime) {
    throw new AwsError("InvalidParameterCombination", "The parameter StartTime must be less than the parameter EndTime.");
  }
  return { from: StartTime.getTime(), to: EndTime.getTime(), periodMs: seconds * 1000 };
}

/** Starts of the periods in a window, which begin at whole multiples. */
function periods({ from, to, periodMs }: Window): number[] {
  const first = Math.floor(from / periodMs) * periodMs;
  return Array.from({ length: Math.max(0, Math.ceil((to - first) / periodMs)) }, (_, index) => first + index * periodMs);
}

function invalid(parameter: string, value: string): AwsError {
  return new AwsError("InvalidParameterValue", `The value ${value} for parameter ${parameter} is invalid.`);
}
