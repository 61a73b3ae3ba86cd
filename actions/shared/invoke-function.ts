import { InvokeCommand, type LambdaClient } from "@aws-sdk/client-lambda";

/** The function itself failed, and may succeed the next time. */
export class FunctionError extends Error {
  override name = "FunctionError";
}

/** @throws FunctionError with the function's own message; what the SDK throws otherwise. */
export async function invokeFunction<T>(client: Pick<LambdaClient, "send">, name: string, request: object): Promise<T> {
  const command = new InvokeCommand({ FunctionName: name, Payload: new TextEncoder().encode(JSON.stringify(request)) });
  const { FunctionError: kind, Payload = new Uint8Array() } = await client.send(command);
  const text = new TextDecoder().decode(Payload);
  if (kind !== undefined) throw new FunctionError(messageOf(text));
  return JSON.parse(text) as T;
}

function messageOf(text: string): string {
  try {
    const { errorType = "Error", errorMessage = "" } = JSON.parse(text) as { errorType?: string; errorMessage?: string };
    return `${errorType}: ${errorMessage}`;
  } catch {
    return "the function ended without an answer";
  }
}
