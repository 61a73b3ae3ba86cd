import { InvokeCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import { oneLine } from "../cli/one-line";
import { UsageError } from "../cli/options";
import { workflowJobsNames } from "../contract/workflow-jobs/names";
import type { RotateInput, SetupResult } from "../contract/workflow-jobs/webhook";
import { ROTATE_HELP, parseRotateOptions } from "./options";

/** The rotation did not succeed. It may be repeated: the next one finishes it. */
export class RotationError extends Error {}

export interface RotatePorts {
  lambda(region: string | undefined): Pick<LambdaClient, "send" | "config">;
  print(line: string): void;
}

/**
 * Rotates the webhook's secret of one WorkflowJobs, and prints what is left to the operator.
 *
 * @returns the exit code.
 * @throws UsageError if nothing was invoked, RotationError if the rotation failed; each with one line.
 */
export async function rotateWebhookSecret(argv: string[], ports: RotatePorts): Promise<number> {
  const options = parseRotateOptions(argv);
  if (options === undefined) {
    ports.print(ROTATE_HELP.trimEnd());
    return 0;
  }
  const { name } = options;
  const lambda = ports.lambda(options.region);
  const region = await lambda.config.region().catch((error: Error) => {
    throw new UsageError(`--region: give one, or set AWS_REGION (${oneLine(error.message)})`);
  });
  const input: RotateInput = { workflowJobs: name, task: "rotate-secret" };
  const { secretArn, left } = await invoke(lambda, region, workflowJobsNames(name).setupFunction, input);
  ports.print(`The webhook's secret of ${name} is rotated: ${secretArn}.`);
  ports.print("The former one is accepted until the next rotation: to revoke it, run the command again.");
  for (const step of left) ports.print(`Left to do: ${step}`);
  return 0;
}

async function invoke(lambda: Pick<LambdaClient, "send">, region: string, functionName: string, input: RotateInput): Promise<SetupResult> {
  const where = `the function ${functionName} in ${region}`;
  const command = new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from(JSON.stringify(input)) });
  const { FunctionError, Payload } = await lambda.send(command).catch((error: Error) => {
    if (error.name === "ResourceNotFoundException") {
      throw new UsageError(`--name ${input.workflowJobs}: ${where} does not exist; check the name, the Region and the account`);
    }
    throw new RotationError(oneLine(`${where} could not be invoked: ${error.name}: ${error.message}`));
  });
  const result = parsed(Payload);
  if (FunctionError !== undefined) {
    throw new RotationError(oneLine(`${where} failed: ${result.errorMessage ?? FunctionError}. Remove the cause and repeat the command`));
  }
  // What does nothing, such as a function of another kind, answers without it.
  if (typeof result.secretArn !== "string")
    throw new RotationError(`${where} rotated nothing: it is not the setup function of a WorkflowJobs`);
  return { secretArn: result.secretArn, left: Array.isArray(result.left) ? result.left.map((step) => oneLine(String(step))) : [] };
}

function parsed(payload: Uint8Array | undefined): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(payload ?? []).toString("utf8"));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
