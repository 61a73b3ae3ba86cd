import type { Clock } from "../../clock";
import type { AwsAccount } from "../account";
import { type Authorisation, AwsError, type ResourceStore, type Service, type Shape } from "../api";
import { type InputEvent, type PageRequest, type StoredEvent, type Stream, invalid, pageOf, put } from "./streams";

const GROUP = "aws:cloudwatch/logGroup:LogGroup";

export interface LogsOptions {
  clock: Pick<Clock, "now">;
  store: ResourceStore;
  account: AwsAccount;
}

/** Names that AWS takes for streams. */
const STREAM_NAME = /^[^:*]{1,512}$/;
const DESCRIBED_DEFAULT = 50;
const FILTERED_MOST = 10_000;

/**
 * CloudWatch Logs, as far as hosts, functions and operators use it: streams of the groups that were deployed. Only Pulumi makes
 * a group here. What Lambda writes of functions is not among them.
 */
export class Logs implements Service {
  readonly prefix = "logs";
  private readonly groups = new Map<string, Map<string, Stream>>();
  /** Groups that were found to be deleted. */
  private readonly deleted = new Set<string>();

  constructor(private readonly options: LogsOptions) {}

  /** Texts of a stream in order of time; undefined if there is none. For scenarios and tests. */
  texts(group: string, stream: string): string[] | undefined {
    const found = this.groups.get(group)?.get(stream);
    return found && [...found.events].sort((a, b) => a.timestamp - b.timestamp).map(({ message }) => message);
  }

  streamNames(group: string): string[] {
    return [...(this.groups.get(group)?.keys() ?? [])];
  }

  /** Texts of all streams by their names, also of deleted groups: what a run has delivered until its end. */
  byStream(): Map<string, string[]> {
    return new Map([...this.groups].flatMap(([group, streams]) => [...streams.keys()].map((name) => [name, this.texts(group, name)!])));
  }

  /** Creation is authorised on the group, everything else on the stream. */
  authorisation(operation: string, params: Shape): Authorisation[] {
    const { region, accountId } = this.options.account;
    const group = `arn:aws:logs:${region}:${accountId}:log-group:${String(params["logGroupName"] ?? "")}`;
    const stream = String(params["logStreamName"] ?? "");
    const ofGroup = ["CreateLogStream", "DescribeLogStreams", "FilterLogEvents"].includes(operation);
    return [{ resource: `${group}:log-stream:${ofGroup ? "" : stream}`, context: {} }];
  }

  async execute(operation: string, params: Shape): Promise<Shape> {
    switch (operation) {
      case "CreateLogStream":
        return this.create(params);
      case "PutLogEvents":
        return this.put(params);
      case "GetLogEvents":
        return { ...pageOf(this.stream(params), params as PageRequest) };
      case "DescribeLogStreams":
        return this.describe(params);
      case "FilterLogEvents":
        return this.filter(params);
      default:
        throw new AwsError("UnknownOperationException", `The rehearsal's CloudWatch Logs has no ${operation}.`);
    }
  }

  private create(params: Shape): Shape {
    const streams = this.streamsOf(params);
    const name = String(params["logStreamName"] ?? "");
    if (!STREAM_NAME.test(name)) {
      throw invalid(
        `1 validation error detected: Value '${name}' at 'logStreamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [^:*]*`,
      );
    }
    if (streams.has(name)) throw new AwsError("ResourceAlreadyExistsException", "The specified log stream already exists");
    streams.set(name, { name, createdAt: this.options.clock.now(), events: [] });
    return {};
  }

  private put(params: Shape): Shape {
    const stream = this.stream(params);
    const retention = Number(this.deployed(String(params["logGroupName"]))?.state["retentionInDays"] ?? 0);
    const events = (params["logEvents"] as InputEvent[] | undefined) ?? [];
    const rejected = put(stream, events, this.options.clock.now(), retention);
    return { nextSequenceToken: "unused", ...(rejected && { rejectedLogEventsInfo: rejected }) };
  }

  private describe(params: Shape): Shape {
    const prefix = String(params["logStreamNamePrefix"] ?? "");
    const names = [...this.streamsOf(params).values()]
      .filter(({ name }) => name.startsWith(prefix))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    return {
      logStreams: names.slice(0, Number(params["limit"] ?? DESCRIBED_DEFAULT)).map(({ name, createdAt, events }) => ({
        logStreamName: name,
        creationTime: createdAt,
        // Of an empty stream there are no times. AWS brings them up to date with a delay, here at once.
        ...(events.length > 0 && {
          firstEventTimestamp: Math.min(...events.map(({ timestamp }) => timestamp)),
          lastIngestionTime: events.at(-1)!.ingestionTime,
        }),
      })),
    };
  }

  /** As `aws logs tail` asks: by streams and times. A pattern would need CloudWatch's language, which is not here. */
  private filter(params: Shape): Shape {
    if (params["filterPattern"]) throw invalid("The rehearsal's CloudWatch Logs has no filter patterns.");
    const wanted = params["logStreamNames"] as string[] | undefined;
    const [from, to] = [Number(params["startTime"] ?? 0), Number(params["endTime"] ?? Number.MAX_SAFE_INTEGER)];
    const found = [...this.streamsOf(params).values()]
      .filter(({ name }) => wanted === undefined || wanted.includes(name))
      .flatMap(({ name, events }) => events.map((event, index) => ({ logStreamName: name, ...event, eventId: `${name}/${index}` })))
      .filter(({ timestamp }: StoredEvent) => timestamp >= from && timestamp <= to)
      .sort((a, b) => a.timestamp - b.timestamp);
    return { events: found.slice(0, FILTERED_MOST), searchedLogStreams: [] };
  }

  private stream(params: Shape): Stream {
    const found = this.streamsOf(params).get(String(params["logStreamName"] ?? ""));
    if (!found) throw new AwsError("ResourceNotFoundException", "The specified log stream does not exist.");
    return found;
  }

  private streamsOf(params: Shape): Map<string, Stream> {
    const group = String(params["logGroupName"] ?? "");
    if (!this.deployed(group)) {
      this.deleted.add(group);
      throw new AwsError("ResourceNotFoundException", "The specified log group does not exist.");
    }
    // A group that is made anew has none of the former one's streams.
    if (this.deleted.delete(group)) this.groups.delete(group);
    const streams = this.groups.get(group) ?? new Map<string, Stream>();
    this.groups.set(group, streams);
    return streams;
  }

  private deployed(group: string) {
    return this.options.store.list(GROUP).find(({ state }) => state["name"] === group);
  }
}
