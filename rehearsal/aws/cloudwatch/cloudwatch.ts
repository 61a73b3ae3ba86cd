import type { Clock } from "../../clock";
import { type Authorisation, AwsError, type Principal, type ResourceStore, type Service, type Shape } from "../api";
import { type AlarmReport, evaluateAlarms } from "./alarms";
import { MetricStore } from "./metrics";
import { getMetricData, getMetricStatistics } from "./queries";

interface Datum {
  MetricName?: string;
  Dimensions?: { Name: string; Value: string }[];
  Value?: number;
  Values?: number[];
  Counts?: number[];
  StatisticValues?: unknown;
  Timestamp?: Date;
  Unit?: string;
}

/** The part of CloudWatch that accepts metrics, answers questions about them and evaluates alarms. */
export class CloudWatch implements Service {
  readonly prefix = "cloudwatch";
  readonly metrics = new MetricStore();

  constructor(
    private readonly clock: Clock,
    private readonly store: ResourceStore,
  ) {}

  authorisation(operation: string, params: Shape): Authorisation[] {
    const context: Record<string, string> =
      operation === "PutMetricData" ? { "cloudwatch:namespace": String(params["Namespace"] ?? "") } : {};
    return [{ resource: "*", context }];
  }

  async execute(operation: string, params: Shape, _principal: Principal): Promise<Shape> {
    if (operation === "GetMetricStatistics") return getMetricStatistics(this.metrics, params);
    if (operation === "GetMetricData") return getMetricData(this.metrics, params);
    if (operation !== "PutMetricData") throw new AwsError("InvalidAction", `The rehearsal's CloudWatch has no ${operation}.`);
    const namespace = String(params["Namespace"] ?? "");
    if (namespace === "" || namespace.startsWith("AWS/")) {
      throw new AwsError("InvalidParameterValue", `The value ${namespace || "(empty)"} for parameter Namespace is invalid.`);
    }
    for (const datum of (params["MetricData"] as Datum[] | undefined) ?? []) this.put(namespace, datum);
    return {};
  }

  /** Every deployed alarm, evaluated over the metrics received so far. */
  alarms(): AlarmReport[] {
    return evaluateAlarms(this.store, this.metrics, this.clock.now());
  }

  private put(namespace: string, datum: Datum): void {
    if (!datum.MetricName) throw new AwsError("MissingParameter", "The parameter MetricData.member.1.MetricName is required.");
    if (datum.StatisticValues !== undefined)
      throw new AwsError("InvalidParameterCombination", "The rehearsal's CloudWatch supports values, not statistic sets.");
    const values = datum.Values ?? (datum.Value === undefined ? [] : [datum.Value]);
    if (values.length === 0)
      throw new AwsError("MissingParameter", "At least one of the parameters MetricData.member.1.Value or Values must be specified.");
    const dimensions = Object.fromEntries((datum.Dimensions ?? []).map(({ Name, Value }) => [Name, Value]));
    values.forEach((value, index) =>
      this.metrics.put({
        namespace,
        name: datum.MetricName!,
        dimensions,
        value,
        count: datum.Counts?.[index] ?? 1,
        at: datum.Timestamp?.getTime() ?? this.clock.now(),
        ...(datum.Unit ? { unit: datum.Unit } : {}),
      }),
    );
  }
}
