/** The host's stream in CloudWatch Logs, named by its instance. */
import { CreateLogStreamCommand, type CloudWatchLogsClient, PutLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import type { Log } from "../ports/log";
import { batches } from "./batch";
import type { LogEvent } from "./event";

export interface LogStream {
  /** Resolves once all is accepted. Rejects if it should be tried again. */
  put(events: readonly LogEvent[]): Promise<void>;
}

export interface StreamOptions {
  client: Pick<CloudWatchLogsClient, "send">;
  group: string;
  stream: string;
  log: Log;
  now(): number;
}

export function logStream({ client, group, stream, log, now }: StreamOptions): LogStream {
  const name = { logGroupName: group, logStreamName: stream };

  async function putBatch(batch: LogEvent[]): Promise<void> {
    const logEvents = batch.map(({ time, text }) => ({ timestamp: time, message: text }));
    const { rejectedLogEventsInfo } = await client.send(new PutLogEventsCommand({ ...name, logEvents }));
    // Older than the group's retention, for example, after a long outage.
    if (rejectedLogEventsInfo)
      log.warn("CloudWatch Logs has dropped lines of this host", { events: batch.length, ...rejectedLogEventsInfo });
  }

  return {
    async put(events) {
      for (const batch of batches(events, now())) {
        try {
          await putBatch(batch).catch(async (error: unknown) => {
            if (!isAwsError(error, "ResourceNotFoundException")) throw error;
            await create(client, name);
            await putBatch(batch);
          });
        } catch (error) {
          // Tried again, it would be refused again, and with it everything that follows.
          if (!isAwsError(error, "InvalidParameterException")) throw error;
          log.error("CloudWatch Logs has refused lines of this host: they are lost", { events: batch.length, error: String(error) });
        }
      }
    },
  };
}

async function create(client: StreamOptions["client"], name: { logGroupName: string; logStreamName: string }): Promise<void> {
  try {
    await client.send(new CreateLogStreamCommand(name));
  } catch (error) {
    if (!isAwsError(error, "ResourceAlreadyExistsException")) throw error;
  }
}

function isAwsError(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
