import { functionMustExist, functionName } from "../invoke-function";
import { storedType, type ResourceType } from "../resource-type";
import type { Properties } from "../values";
import { notOneOf } from "./checks";

/** A change to any of these replaces the permission: a policy statement cannot be updated. */
const PERMISSION_INPUTS = [
  "action",
  "eventSourceToken",
  "function",
  "functionUrlAuthType",
  "invokedViaFunctionUrl",
  "principal",
  "principalOrgId",
  "qualifier",
  "sourceAccount",
  "sourceArn",
  "statementId",
];

/** Lambda's conditions for function URLs, each for one action only. */
function validatePermission(inputs: Properties) {
  const { action, functionUrlAuthType, invokedViaFunctionUrl } = inputs;
  const only = (property: string, allowed: string) => ({
    property,
    reason: `${property} is only supported for the action ${allowed}, got ${action}`,
  });
  return [
    ...notOneOf(inputs, "functionUrlAuthType", ["AWS_IAM", "NONE"]),
    ...(functionUrlAuthType !== undefined && action !== "lambda:InvokeFunctionUrl"
      ? [only("functionUrlAuthType", "lambda:InvokeFunctionUrl")]
      : []),
    ...(invokedViaFunctionUrl !== undefined && action !== "lambda:InvokeFunction"
      ? [only("invokedViaFunctionUrl", "lambda:InvokeFunction")]
      : []),
  ];
}

export const permission: ResourceType = storedType({
  inputs: PERMISSION_INPUTS,
  required: ["action", "function", "principal"],
  autoName: { property: "statementId", maxLength: 100 },
  replaceOn: PERMISSION_INPUTS,
  validate: validatePermission,
  id: (inputs, context) => {
    functionMustExist(context, inputs.function);
    return `${functionName(inputs.function)}/${inputs.statementId}`;
  },
});
