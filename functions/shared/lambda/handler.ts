import { Logger } from "@aws-lambda-powertools/logger";
import { MetricUnit, Metrics } from "@aws-lambda-powertools/metrics";
import type { Context } from "aws-lambda";
import { METRIC_NAMESPACE } from "../../../contract/shared/metrics";
import { type Fields, type Log, type Observer, reasonOf } from "./observer";

export interface Invocation extends Observer {
  /** Adds fields to every subsequent log line of this invocation. */
  tag(fields: Fields): void;
}

/** Distinguishes the functions of one stack from those of another, in the log and in CloudWatch. */
export interface HandlerLabels {
  /** On every log line. */
  logKeys: Record<string, string>;
  /** The only dimensions of every metric. */
  dimensions: Record<string, string>;
}

/**
 * Wraps logic as a Lambda handler: structured log lines, metrics in CloudWatch's embedded metric format (no API call, so
 * no permission and no throttling), and errors that reach Lambda, so that Lambda retries the event.
 *
 * @param run returns the result of a synchronous invocation.
 */
export function lambdaHandler<T>({ logKeys, dimensions }: HandlerLabels, run: (event: unknown, invocation: Invocation) => Promise<T>) {
  const logger = new Logger({ persistentKeys: logKeys });
  const log: Log = {
    info: (message, fields = {}) => logger.info(message, fields),
    warn: (message, fields = {}) => logger.warn(message, fields),
    error: (message, fields = {}) => logger.error(message, fields),
  };
  return async (event: unknown, context: Context): Promise<T> => {
    const metrics = metricsWith(dimensions);
    logger.resetKeys();
    logger.addContext(context);
    try {
      return await run(event, {
        log,
        count: (metric, value = 1, unit = "Count") => void metrics.addMetric(metric, MetricUnit[unit], value),
        tag: (fields) => logger.appendKeys(fields),
      });
    } catch (error) {
      log.error("failed", { reason: reasonOf(error) });
      throw error;
    } finally {
      if (metrics.hasStoredMetrics()) metrics.publishStoredMetrics();
    }
  };
}

/** Alarms select metrics by exactly these dimensions, so the library's default dimension `service` is removed. */
function metricsWith(dimensions: HandlerLabels["dimensions"]): Metrics {
  const metrics = new Metrics({ namespace: METRIC_NAMESPACE });
  metrics.clearDefaultDimensions();
  metrics.setDefaultDimensions(dimensions);
  return metrics;
}
