import type { AwsAccount } from "../account";
import { type Authorisation, AwsError, type Service, type Shape } from "../api";
import type { AsyncInvoker } from "./async";
import { ASYNCHRONOUS_BYTES, SYNCHRONOUS_BYTES, tooLarge } from "./payload";
import type { LambdaRuntime } from "./runtime";

export interface LambdaApiOptions {
  account: AwsAccount;
  runtime: Pick<LambdaRuntime, "exists" | "atLimit" | "invoke">;
  async: Pick<AsyncInvoker, "invoke">;
}

/** Lambda as far as programs call it: they invoke functions. IAM's name of that action is InvokeFunction. */
export class LambdaApi implements Service {
  readonly prefix = "lambda";

  constructor(private readonly options: LambdaApiOptions) {}

  authorisation(_operation: string, params: Shape): Authorisation[] {
    return [{ resource: this.functionArn(params["FunctionName"]), context: {} }];
  }

  async execute(operation: string, params: Shape): Promise<Shape> {
    if (operation !== "InvokeFunction") throw new AwsError("UnknownOperationException", `The rehearsal's Lambda has no ${operation}.`);
    const name = nameOf(params["FunctionName"]);
    const { runtime, async } = this.options;
    const type = String(params["InvocationType"] ?? "RequestResponse");
    const synchronous = type !== "Event";
    if (!["DryRun", "Event", "RequestResponse"].includes(type)) {
      throw new AwsError("InvalidParameterValueException", `Value '${type}' at 'invocationType' is not valid`);
    }
    const text = Buffer.from((params["Payload"] as Uint8Array | undefined) ?? "").toString("utf8");
    const limit = synchronous ? SYNCHRONOUS_BYTES : ASYNCHRONOUS_BYTES;
    if (Buffer.byteLength(text) > limit) throw new AwsError("RequestTooLargeException", tooLarge(limit), 413);
    const event = parse(text);
    if (!runtime.exists(name)) throw new AwsError("ResourceNotFoundException", `Function not found: ${this.functionArn(name)}`, 404);
    if (type === "DryRun") return { StatusCode: 204 };
    if (!synchronous) {
      async.invoke(name, event);
      return { StatusCode: 202 };
    }
    if (runtime.atLimit(name)) throw new AwsError("TooManyRequestsException", "Rate Exceeded.", 429);
    const outcome = await runtime.invoke(name, event);
    const failed = "error" in outcome;
    const Payload = new Uint8Array(Buffer.from(JSON.stringify((failed ? outcome.error : outcome.result) ?? null)));
    return { StatusCode: 200, ExecutedVersion: "$LATEST", Payload, ...(failed ? { FunctionError: "Unhandled" } : {}) };
  }

  private functionArn(reference: unknown): string {
    const { region, accountId } = this.options.account;
    return `arn:aws:lambda:${region}:${accountId}:function:${nameOf(reference)}`;
  }
}

/** Of a name, a partial ARN (`123456789012:function:name`) or an ARN. */
function nameOf(reference: unknown): string {
  return (
    String(reference ?? "")
      .split(/(?:^|:)function:/)
      .pop()
      ?.split(":")[0] ?? ""
  );
}

function parse(text: string): unknown {
  try {
    return text === "" ? {} : (JSON.parse(text) as unknown);
  } catch (error) {
    throw new AwsError("InvalidRequestContentException", `Could not parse request body into json: ${(error as Error).message}`);
  }
}
