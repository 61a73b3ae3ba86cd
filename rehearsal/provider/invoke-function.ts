import { createHash } from "node:crypto";
import type { ResourceStore } from "../aws/api";
import { arn, text, type InvokeFunction, type ProviderAccount, type ResourceContext } from "./resource-type";
import { mustExist } from "./types/checks";
import type { Properties } from "./values";

export const FUNCTION = "aws:lambda/function:Function";

/** What an invocation needs of the provider. */
export interface InvocationContext {
  readonly account: ProviderAccount;
  readonly store: ResourceStore;
  readonly invokeFunction: InvokeFunction;
}

/** The name of a function that the program refers to by name or by ARN. */
export function functionName(reference: unknown): string {
  return text(reference).split(":function:").pop()?.split(":")[0] ?? "";
}

function functionNotFound({ account }: Pick<InvocationContext, "account">, name: string): string {
  return `Function not found: ${arn(account, "lambda", `function:${name}`)}`;
}

/** @throws AWS's error if the function that a resource refers to does not exist. */
export function functionMustExist(context: ResourceContext, reference: unknown): void {
  const name = functionName(reference);
  mustExist(context, FUNCTION, name, "ResourceNotFoundException", functionNotFound(context, name));
}

/** Invokes a function and waits for it, as the resource and the lookup of the real provider do: its error fails them. */
export async function invokeFunction(
  name: string,
  qualifier: unknown,
  payload: unknown,
  context: InvocationContext,
): Promise<{ id: string; result: string }> {
  const outcome = await context.invokeFunction(name, payload);
  if (outcome.error !== undefined) throw new Error(`invoking Lambda Function (${name}): ${JSON.stringify(outcome.error)}`);
  const result = JSON.stringify(outcome.result ?? null);
  return { id: `${name}_${qualifier ?? "$LATEST"}_${createHash("md5").update(result).digest("hex")}`, result };
}

/** `aws.lambda.getInvocation`. The function gets the input as it is, without the key `tf` that a resource would add. */
export async function getInvocation(args: Properties, context: InvocationContext): Promise<Properties> {
  const name = functionName(args.functionName);
  if (!context.store.get(FUNCTION, name))
    throw new Error(`invoking Lambda Function (${name}): ResourceNotFoundException: ${functionNotFound(context, name)}`);
  const { id, result } = await invokeFunction(name, args.qualifier, JSON.parse(text(args.input)), context);
  return { ...args, id, region: context.account.region, result };
}
