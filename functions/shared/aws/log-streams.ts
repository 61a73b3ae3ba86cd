import {
  CreateLogStreamCommand,
  GetLogEventsCommand,
  type GetLogEventsResponse,
  PutLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import type { CloudWatchLogs } from "./clients";
import { isAwsError } from "./error";

/** Of 1 MB or 10,000 events, and empty ones among them. More are not worth the time. */
const MOST_PAGES = 10;

/** Texts of the stream's events by pages, the last page first, each in order. None if there is no such stream. */
export async function* pagesBackward(client: CloudWatchLogs, group: string, stream: string, limit?: number): AsyncGenerator<string[]> {
  let nextToken: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const input = { logGroupName: group, logStreamName: stream, startFromHead: false, limit, nextToken };
    const { events = [], nextBackwardToken } = await client.send(new GetLogEventsCommand(input)).catch((error: unknown) => {
      if (isAwsError(error, "ResourceNotFoundException")) return {} as Partial<GetLogEventsResponse>;
      throw error;
    });
    if (events.length > 0) yield events.map(({ message = "" }) => message);
    // The same token again marks the begin of the stream.
    if (nextBackwardToken === undefined || nextBackwardToken === nextToken) return;
    nextToken = nextBackwardToken;
  }
}

/** Succeeds if it is there. */
export async function createStream(client: CloudWatchLogs, group: string, stream: string): Promise<void> {
  try {
    await client.send(new CreateLogStreamCommand({ logGroupName: group, logStreamName: stream }));
  } catch (error) {
    if (!isAwsError(error, "ResourceAlreadyExistsException")) throw error;
  }
}

/** @param texts of events of one time; no more than one call may have */
export async function putEvents(client: CloudWatchLogs, group: string, stream: string, timestamp: number, texts: string[]): Promise<void> {
  const logEvents = texts.map((message) => ({ timestamp, message }));
  await client.send(new PutLogEventsCommand({ logGroupName: group, logStreamName: stream, logEvents }));
}
