import type { DataPoint } from "./metrics";

interface Directive {
  Namespace?: string;
  Dimensions?: string[][];
  Metrics?: { Name?: string; Unit?: string }[];
}

/** Values that one metric may have in a line, metrics and dimensions that a directive may have. */
const LIMITS = { values: 100, metrics: 100, dimensions: 30 };

/**
 * Metrics in a log line of CloudWatch's embedded metric format: a JSON object with `_aws.CloudWatchMetrics`. Any other
 * line holds none, and neither does one that exceeds a limit: CloudWatch drops it and reports nothing to the program.
 */
export function metricsInLine(line: string, now: number): DataPoint[] {
  if (!line.includes('"CloudWatchMetrics"')) return [];
  const document = parse(line);
  const metadata = document?.["_aws"] as { CloudWatchMetrics?: Directive[]; Timestamp?: number } | undefined;
  if (!document || !Array.isArray(metadata?.CloudWatchMetrics)) return [];
  if (metadata.CloudWatchMetrics.some((directive) => exceedsLimits(document, directive))) return [];
  return metadata.CloudWatchMetrics.flatMap((directive) => readDirective(document, directive, metadata.Timestamp ?? now));
}

function exceedsLimits(document: Record<string, unknown>, { Dimensions = [], Metrics = [] }: Directive): boolean {
  return (
    Metrics.length > LIMITS.metrics ||
    Dimensions.some((keys) => keys.length > LIMITS.dimensions) ||
    Metrics.some(({ Name = "" }) => Array.isArray(document[Name]) && (document[Name] as unknown[]).length > LIMITS.values)
  );
}

function readDirective(document: Record<string, unknown>, directive: Directive, at: number): DataPoint[] {
  const { Namespace: namespace = "", Dimensions = [[]], Metrics = [] } = directive;
  return Metrics.flatMap(({ Name: name = "", Unit: unit }) => {
    const given = document[name];
    const values = (Array.isArray(given) ? given : [given]).filter((value): value is number => typeof value === "number");
    // An empty list of dimension sets means one metric without dimensions.
    return (Dimensions.length > 0 ? Dimensions : [[]]).flatMap((keys) => {
      const dimensions = Object.fromEntries(keys.map((key) => [key, String(document[key] ?? "")]));
      return values.map((value) => ({ namespace, name, dimensions, value, count: 1, at, ...(unit ? { unit } : {}) }));
    });
  });
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
