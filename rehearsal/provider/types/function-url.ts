import { randomBytes } from "node:crypto";
import { functionMustExist, functionName } from "../invoke-function";
import { arn, storedType, text, type ResourceType } from "../resource-type";
import { notOneOf } from "./checks";

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
const ID_LENGTH = 32;

/**
 * A URL without authentication needs two permissions. The current provider adds them by itself, and leaves them behind; earlier ones
 * added one or none, so here a program that does not give both has a URL that is forbidden.
 */
const functionUrl = storedType({
  inputs: ["authorizationType", "cors", "functionName", "invokeMode", "qualifier"],
  required: ["authorizationType", "functionName"],
  replaceOn: ["functionName", "qualifier"],
  validate: (inputs) => [
    ...notOneOf(inputs, "authorizationType", ["AWS_IAM", "NONE"]),
    // Streamed responses are not played.
    ...notOneOf(inputs, "invokeMode", ["BUFFERED"]),
  ],
  id: (inputs, context) => {
    functionMustExist(context, inputs.functionName);
    const name = functionName(inputs.functionName);
    return inputs.qualifier === undefined ? name : `${name}/${inputs.qualifier}`;
  },
  once: () => ({ urlId: [...randomBytes(ID_LENGTH)].map((byte) => ALPHABET[byte % ALPHABET.length]).join("") }),
  outputs: (_id, inputs, { account }) => ({
    functionArn: arn(account, "lambda", `function:${functionName(inputs.functionName)}`),
    invokeMode: inputs.invokeMode ?? "BUFFERED",
  }),
});

export const FUNCTION_URL_TYPES: Record<string, ResourceType> = {
  "aws:lambda/functionUrl:FunctionUrl": {
    ...functionUrl,
    async create(inputs, context) {
      const { id, outputs } = await functionUrl.create(inputs, context);
      return { id, outputs: { ...outputs, functionUrl: `https://${text(outputs.urlId)}.lambda-url.${context.account.region}.on.aws/` } };
    },
  },
};
