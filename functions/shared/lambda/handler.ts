import { Logger } from "@aws-lambda-powertools/logger";
import { MetricUnit, Metrics } from "@aws-lambda-powertools/metrics";
import type { Context } from "aws-lambda";
import { METRIC_NAMESPACE, POOL_DIMENSION } from "../../../contract/actions-runner-pool/metrics";
import { type Fields, type Log, type Observer, reasonOf } from "./observer";

export interface Invocation extends Observer {
  /** Adds fields to every later line of this invocation. */
  tag(fields: Fields): void;
}

/**
 * Wraps logic as a Lambda handler: structured log lines, metrics in the embedded format (no API call, so no
 * permission and nothing that can throttle), and errors that reach Lambda so that it retries the event.
 *
 * @param pool value of the metrics' only dimension.
 * @param run its result goes to whoever invoked the function and waits for it.
 */
export function lambdaHandler<T>(pool: string, run: (event: unknown, invocation: Invocation) => Promise<T>) {
  const logger = new Logger({ persistentKeys: { pool } });
  const log: Log = {
    info: (message, fields = {}) => logger.info(message, fields),
    warn: (message, fields = {}) => logger.warn(message, fields),
    error: (message, fields = {}) => logger.error(message, fields),
  };
  return async (event: unknown, context: Context): Promise<T> => {
    const metrics = poolMetrics(pool);
    logger.resetKeys();
    logger.addContext(context);
    try {
      return await run(event, {
        log,
        count: (metric, value = 1) => void metrics.addMetric(metric, MetricUnit.Count, value),
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

/** Alarms look metrics up by the pool alone, so the library's own `service` dimension has to go. */
function poolMetrics(pool: string): Metrics {
  const metrics = new Metrics({ namespace: METRIC_NAMESPACE });
  metrics.clearDefaultDimensions();
  metrics.setDefaultDimensions({ [POOL_DIMENSION]: pool });
  return metrics;
}
