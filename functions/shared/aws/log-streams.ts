import { CreateLogStreamCommand, GetLogEventsCommand, PutLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import type { CloudWatchLogs } from "./clients";
import { isAwsError } from "./error";

/** A page may be empty although there are events; more than a few in a row are not worth the time. */
const MOST_PAGES = 3;

/** Texts of the stream's last events, in order, one page of up to 1 MB. Undefined: there is no such stream. */
export async function lastEvents(client: CloudWatchLogs, group: string, stream: string, limit?: number): Promise<string[] | undefined> {
  let nextToken: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const input = { logGroupName: group, logStreamName: stream, startFromHead: false, limit, nextToken };
    try {
      const { events = [], nextBackwardToken } = await client.send(new GetLogEventsCommand(input));
      if (events.length > 0) return events.map(({ message = "" }) => message);
      // The same token again marks the begin of the stream.
      if (nextBackwardToken === undefined || nextBackwardToken === nextToken) return [];
      nextToken = nextBackwardToken;
    } catch (error) {
      if (isAwsError(error, "ResourceNotFoundException")) return undefined;
      throw error;
    }
  }
  return [];
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
