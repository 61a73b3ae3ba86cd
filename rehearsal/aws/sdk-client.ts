import { AwsError, type Shape } from "./api";

/** What a command of AWS's SDK is to its client. */
interface Command {
  constructor: { name: string };
  input: object;
}

/**
 * A client of AWS's SDK without its wire, so that the product's own adapters run in a simulation: commands go to the
 * stand-in as they are, and its errors come back as the SDK gives them, with AWS's code as their name.
 *
 * @param prefix of the service in IAM, such as `autoscaling`.
 * @param call one API call with whatever the caller adds: credentials, latency, retries.
 */
export function sdkClient<Client>(prefix: string, call: (action: string, params: Shape) => Promise<Shape>): Client {
  const send = async ({ constructor, input }: Command): Promise<Shape> => {
    try {
      return await call(`${prefix}:${constructor.name.replace(/Command$/, "")}`, input as Shape);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      throw Object.assign(new Error(error.message), { name: error.code, $metadata: { httpStatusCode: error.httpStatus } });
    }
  };
  return { send } as Client;
}
