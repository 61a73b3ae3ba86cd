import { arn } from "../resource-type";
import { calls, type CallsOf, type Change, passRole } from "./api-call";

const functionName = (reference: unknown): string =>
  String(reference ?? "")
    .split(":function:")
    .pop()!
    .split(":")[0]!;
const functionArn = (change: Change, reference: unknown) => arn(change.account, "lambda", `function:${functionName(reference)}`);

export const LAMBDA_CALLS: Record<string, CallsOf> = {
  "aws:lambda/function:Function": calls({
    arn: (change) => functionArn(change, change.state.name),
    create: ["lambda:CreateFunction"],
    update: {
      code: ["lambda:UpdateFunctionCode"],
      sourceCodeHash: [],
      reservedConcurrentExecutions: ["lambda:PutFunctionConcurrency"],
      "*": ["lambda:UpdateFunctionConfiguration"],
    },
    remove: ["lambda:DeleteFunction"],
    tagging: { tag: "lambda:TagResource", untag: "lambda:UntagResource" },
    besides: (change) => {
      const passes = change.kind === "create" || change.changed.includes("role");
      return passes ? [passRole(change.state.role, "lambda.amazonaws.com", change)] : [];
    },
  }),
  "aws:lambda/permission:Permission": calls({
    arn: (change) => functionArn(change, change.state.function),
    create: ["lambda:AddPermission"],
    remove: ["lambda:RemovePermission"],
  }),
  "aws:lambda/functionUrl:FunctionUrl": calls({
    arn: (change) => functionArn(change, change.state.functionName),
    create: ["lambda:CreateFunctionUrlConfig"],
    update: { "*": ["lambda:UpdateFunctionUrlConfig"] },
    remove: ["lambda:DeleteFunctionUrlConfig"],
    context: ({ state }) => ({ "lambda:FunctionUrlAuthType": String(state.authorizationType) }),
    // The provider itself opens a URL without authentication, by two statements of its own.
    besides: (change) => {
      if (change.kind !== "create" || change.state.authorizationType !== "NONE") return [];
      const resource = functionArn(change, change.state.functionName);
      return [{ action: "lambda:AddPermission", resource, context: { "lambda:FunctionUrlAuthType": "NONE" } }];
    },
  }),
  "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": calls({
    arn: (change) => functionArn(change, change.state.functionName),
    create: ["lambda:PutFunctionEventInvokeConfig"],
    update: { "*": ["lambda:PutFunctionEventInvokeConfig"] },
    remove: ["lambda:DeleteFunctionEventInvokeConfig"],
  }),
  // With the scope CRUD, each operation invokes the function.
  "aws:lambda/invocation:Invocation": calls({
    arn: (change) => functionArn(change, change.state.functionName),
    create: ["lambda:InvokeFunction"],
    update: { "*": ["lambda:InvokeFunction"] },
    remove: ["lambda:InvokeFunction"],
  }),
};
