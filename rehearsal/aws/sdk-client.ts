import { AwsError, type Shape } from "./api";
import { StacklessError } from "../stackless-error";

/** A command of the AWS SDK, as its client sees it. */
interface Command {
  constructor: { name: string };
  input: object;
}

/** Actions by prefix and name of the command. */
const ACTIONS = new Map<string, string>();

/**
 * An AWS SDK client without the wire protocol, so that the product's own adapters run in a simulation. Commands are
 * passed to the stand-in unencoded, and its errors are thrown as the SDK throws them, with AWS's code as their name.
 *
 * @param prefix of the service in IAM, such as `autoscaling`.
 * @param call makes one API call, with the caller's credentials, latency and retries.
 */
export function sdkClient<Client>(prefix: string, call: (action: string, params: Shape) => Promise<Shape>): Client {
  const send = async ({ constructor, input }: Command): Promise<Shape> => {
    try {
      return await call(actionOf(prefix, constructor.name), input as Shape);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      throw Object.assign(new StacklessError(error.message), {
        ...error.members,
        name: error.code,
        $metadata: { httpStatusCode: error.httpStatus },
      });
    }
  };
  return { send } as Client;
}

function actionOf(prefix: string, command: string): string {
  const key = `${prefix} ${command}`;
  let action = ACTIONS.get(key);
  if (action === undefined) ACTIONS.set(key, (action = `${prefix}:${command.replace(/Command$/, "")}`));
  return action;
}
