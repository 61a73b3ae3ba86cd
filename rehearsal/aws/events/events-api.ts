import type { Clock } from "../../clock";
import type { Random } from "../../random";
import type { AwsAccount } from "../account";
import { type Authorisation, AwsError, type Service, type Shape } from "../api";
import type { EventBridgeEvent } from "../autoscaling";

/** Entries that one call may have. */
const MOST_ENTRIES = 10;
/** Bytes of all entries together. */
const REQUEST_BYTES = 256 * 1024;

interface Entry {
  Source?: string;
  DetailType?: string;
  Detail?: string;
  EventBusName?: string;
  Resources?: string[];
  Time?: Date;
}

interface Result extends Shape {
  EventId?: string;
  ErrorCode?: string;
  ErrorMessage?: string;
}

export interface EventsApiOptions {
  clock: Clock;
  random: Random;
  account: AwsAccount;
  /** Hands an accepted event to the bus, which may lose or repeat it. */
  publish(event: EventBridgeEvent): void;
}

/** EventBridge as far as programs call it: they put events on the account's default bus. */
export class EventsApi implements Service {
  readonly prefix = "events";

  constructor(private readonly options: EventsApiOptions) {}

  /** Each entry is a request of its own to IAM. If one is denied, none is accepted. */
  authorisation(operation: string, params: Shape): Authorisation[] {
    if (operation !== "PutEvents") return [{ resource: "*", context: {} }];
    return entriesOf(params).map(({ Source = "", DetailType = "", EventBusName = "default" }) => ({
      resource: this.busArn(EventBusName),
      context: { "events:source": Source, "events:detail-type": DetailType },
    }));
  }

  async execute(operation: string, params: Shape): Promise<Shape> {
    if (operation !== "PutEvents") throw new AwsError("UnknownOperationException", `The rehearsal's EventBridge has no ${operation}.`);
    const entries = entriesOf(params);
    if (entries.length < 1 || entries.length > MOST_ENTRIES) {
      throw new AwsError(
        "ValidationException",
        `1 validation error detected: Value '${entries.length} entries' at 'entries' failed to satisfy constraint: ` +
          `Member must have length ${entries.length < 1 ? "greater than or equal to 1" : `less than or equal to ${MOST_ENTRIES}`}`,
      );
    }
    if (entries.reduce((sum, entry) => sum + entryBytes(entry), 0) > REQUEST_BYTES) {
      throw new AwsError("ValidationException", "Total size of the entries in the request is over the limit.");
    }
    const results = entries.map((entry) => this.put(entry));
    return { FailedEntryCount: results.filter(({ ErrorCode }) => ErrorCode !== undefined).length, Entries: results };
  }

  private put(entry: Entry): Result {
    const refusal = this.refusal(entry);
    if (refusal) return refusal;
    const { clock, random, account, publish } = this.options;
    const id = [8, 4, 4, 4, 12].map((digits) => random.hex(digits)).join("-");
    publish({
      version: "0",
      id,
      "detail-type": entry.DetailType!,
      source: entry.Source!,
      account: account.accountId,
      // Whole seconds, as for every event that a program puts.
      time: new Date(entry.Time ?? clock.now()).toISOString().replace(/\.\d{3}Z$/, "Z"),
      region: account.region,
      resources: entry.Resources ?? [],
      detail: JSON.parse(entry.Detail!) as Record<string, unknown>,
    });
    return { EventId: id };
  }

  /** Why this entry alone is not accepted. */
  private refusal(entry: Entry): Result | undefined {
    for (const name of ["Source", "DetailType", "Detail"] as const) {
      if (entry[name]) continue;
      return { ErrorCode: "InvalidArgument", ErrorMessage: `Parameter ${name} is not valid. Reason: ${name} is a required argument.` };
    }
    if (entry.Source!.startsWith("aws.")) {
      return { ErrorCode: "NotAuthorizedForSourceException", ErrorMessage: "Not authorized for the source." };
    }
    if (!isJsonObject(entry.Detail!)) return { ErrorCode: "MalformedDetail", ErrorMessage: "Detail is malformed." };
    const { EventBusName: bus = "default" } = entry;
    if (this.busArn(bus) === this.busArn("default")) return undefined;
    return { ErrorCode: "ResourceNotFoundException", ErrorMessage: `Event bus ${bus} does not exist.` };
  }

  private busArn(nameOrArn: string): string {
    const { region, accountId } = this.options.account;
    return nameOrArn.startsWith("arn:") ? nameOrArn : `arn:aws:events:${region}:${accountId}:event-bus/${nameOrArn}`;
  }
}

function entriesOf(params: Shape): Entry[] {
  return (params["Entries"] as Entry[] | undefined) ?? [];
}

/** As EventBridge counts: a time is 14 bytes. */
function entryBytes({ Source = "", DetailType = "", Detail = "", Resources = [], Time }: Entry): number {
  const texts = [Source, DetailType, Detail, ...Resources];
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), Time === undefined ? 0 : 14);
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
