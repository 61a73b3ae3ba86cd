import { GetFunctionConfigurationCommand, type LambdaClient } from "@aws-sdk/client-lambda";

/**
 * What the control function knows of the machine, from its variables: a deployment changes them, and a workflow that had them in its file
 * would order what is no longer in the bucket. No secret is among them.
 */
export async function functionSettings(client: Pick<LambdaClient, "send">, functionName: string): Promise<Record<string, string>> {
  const { Environment: { Variables = {} } = {} } = await client.send(new GetFunctionConfigurationCommand({ FunctionName: functionName }));
  return Variables;
}
