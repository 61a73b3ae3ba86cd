import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { nameOf } from "../../aws/account";
import { Iam } from "../../aws/iam/iam";
import { FUNCTION, functionMustExist, functionName, invokeFunction } from "../invoke-function";
import { arn, storedType, text, type ResourceContext, type ResourceType } from "../resource-type";
import { containsUnknown, type Json, type Properties } from "../values";
import { folderDigest, unpackArchive } from "./assets";
import { mustExist, notOneOf, outOfRange } from "./checks";
import { permission } from "./lambda-permission";

/** Bytes of all names and values together. */
const ENVIRONMENT_LIMIT = 4_096;
/** Runtimes for which AWS still allows new functions. */
const RUNTIMES = ["nodejs22.x", "nodejs24.x", "python3.12", "python3.13", "python3.14", "provided.al2023"];

/** What Lambda asks of a function's role when it attaches the function to a VPC. */
const ATTACH = ["ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface"];

/** On creation and on each update, as Lambda checks it. Lambda itself asks, not the code of the function. */
function checkVpc(id: string, { vpcConfig, role }: Properties, { account, store }: ResourceContext): void {
  if ((vpcConfig?.subnetIds ?? []).length === 0) return;
  const iam = new Iam(store, account);
  const principal = { kind: "function" as const, functionName: id, roleName: nameOf(text(role)) };
  const denied = ATTACH.find((action) => !iam.authorise(principal, action, { resource: "*", context: {} }).allowed);
  if (denied === undefined) return;
  throw new Error(
    `creating Lambda Function (${id}): InvalidParameterValueException: ` +
      `The provided execution role does not have permissions to call ${denied.slice("ec2:".length)} on EC2`,
  );
}

function outputs(id: string, inputs: Properties, context: ResourceContext): Properties {
  checkVpc(id, inputs, context);
  const { codeDir, sha256, bytes } = layOut(id, inputs.code, context);
  const functionArn = arn(context.account, "lambda", `function:${id}`);
  return {
    arn: functionArn,
    qualifiedArn: `${functionArn}:$LATEST`,
    invokeArn: `arn:${context.account.partition}:apigateway:${context.account.region}:lambda:path/2015-03-31/functions/${functionArn}/invocations`,
    codeDir,
    codeSha256: sha256,
    sourceCodeHash: inputs.sourceCodeHash ?? sha256,
    sourceCodeSize: bytes,
    version: "$LATEST",
    memorySize: inputs.memorySize ?? 128,
    timeout: inputs.timeout ?? 3,
    architectures: inputs.architectures ?? ["x86_64"],
    packageType: "Zip",
    lastModified: new Date(context.now()).toISOString(),
  };
}

/** One folder per version of the code, so that an update does not remove files in use by a running invocation. */
function layOut(id: string, code: Json, { filesDir }: ResourceContext): { codeDir: string; sha256: string; bytes: number } {
  const fresh = join(filesDir, "functions", id, "unpacked");
  unpackArchive(code, fresh, "code");
  const { sha256, bytes } = folderDigest(fresh);
  const codeDir = join(filesDir, "functions", id, Buffer.from(sha256, "base64").toString("hex").slice(0, 16));
  if (existsSync(codeDir)) rmSync(fresh, { recursive: true });
  else renameSync(fresh, codeDir);
  return { codeDir, sha256, bytes };
}

function validateFunction(inputs: Properties) {
  const problems = [
    ...notOneOf(inputs, "runtime", RUNTIMES),
    ...outOfRange(inputs, "timeout", 1, 900),
    ...outOfRange(inputs, "memorySize", 128, 10_240),
    ...(/^[a-zA-Z0-9-_]{1,64}$/.test(text(inputs.name))
      ? []
      : [{ property: "name", reason: `must be 1 to 64 letters, digits, - or _, got ${inputs.name}` }]),
  ];
  const { subnetIds = [], securityGroupIds = [] } = inputs.vpcConfig ?? {};
  if ((subnetIds.length === 0) !== (securityGroupIds.length === 0) && !containsUnknown(inputs.vpcConfig)) {
    problems.push({ property: "vpcConfig", reason: "SubnetIds and SecurityIds must coexist or be both empty list." });
  }
  const variables = inputs.environment?.variables ?? {};
  const size = Object.entries(variables).reduce((sum, [name, value]) => sum + Buffer.byteLength(name + text(value)), 0);
  if (size > ENVIRONMENT_LIMIT && !containsUnknown(variables)) {
    problems.push({ property: "environment", reason: `environment of ${size} bytes, the maximum is ${ENVIRONMENT_LIMIT}` });
  }
  if (inputs.handler === undefined)
    problems.push({ property: "handler", reason: "handler and runtime must be set when PackageType is Zip" });
  return problems;
}

const lambdaFunction: ResourceType = storedType({
  inputs: [
    "architectures",
    "code",
    "deadLetterConfig",
    "description",
    "environment",
    "ephemeralStorage",
    "handler",
    "kmsKeyArn",
    "loggingConfig",
    "memorySize",
    "name",
    "packageType",
    "reservedConcurrentExecutions",
    "role",
    "runtime",
    "sourceCodeHash",
    "tags",
    "timeout",
    "tracingConfig",
    "vpcConfig",
  ],
  required: ["code", "role", "runtime"],
  autoName: { property: "name", maxLength: 64 },
  replaceOn: ["name", "packageType"],
  volatile: ["codeSha256", "sourceCodeHash", "sourceCodeSize", "lastModified"],
  validate: validateFunction,
  id: (inputs, context) => {
    mustExist(
      context,
      "aws:iam/role:Role",
      text(inputs.role).split("/").pop() ?? "",
      "InvalidParameterValueException",
      `The role ${inputs.role} cannot be assumed by Lambda.`,
    );
    return inputs.name;
  },
  outputs,
});

const eventInvokeConfig = storedType({
  inputs: ["destinationConfig", "functionName", "maximumEventAgeInSeconds", "maximumRetryAttempts", "qualifier"],
  required: ["functionName"],
  replaceOn: ["functionName", "qualifier"],
  validate: (inputs) => [
    ...outOfRange(inputs, "maximumEventAgeInSeconds", 60, 21_600),
    ...outOfRange(inputs, "maximumRetryAttempts", 0, 2),
  ],
  id: (inputs, context) => {
    functionMustExist(context, inputs.functionName);
    return functionName(inputs.functionName);
  },
});

type InvocationAction = "create" | "update" | "delete";

/** The default: invoked when it is made, and neither told so nor invoked again; another input is another invocation. */
const isCreateOnly = ({ lifecycleScope }: Properties): boolean => (lifecycleScope ?? "CREATE_ONLY") === "CREATE_ONLY";

/** Invokes the function; with the scope CRUD, with the key that tells it which operation waits for it. */
async function invoke(
  action: InvocationAction,
  inputs: Properties,
  previous: Json,
  context: ResourceContext,
): Promise<{ id: string; result: string }> {
  const name = functionName(inputs.functionName);
  functionMustExist(context, name);
  if (isCreateOnly(inputs)) return invokeFunction(name, inputs.qualifier, JSON.parse(text(inputs.input)), context);
  const lifecycle = { action, prev_input: previous === undefined ? null : JSON.parse(text(previous)) };
  const payload = { ...JSON.parse(text(inputs.input)), [inputs.terraformKey ?? "tf"]: lifecycle };
  return invokeFunction(name, inputs.qualifier, payload, context);
}

function validateInvocation(inputs: Properties) {
  return [
    ...(isCreateOnly(inputs) || inputs.lifecycleScope === "CRUD"
      ? []
      : [
          {
            property: "lifecycleScope",
            reason: `expected lifecycle_scope to be one of ["CREATE_ONLY" "CRUD"], got ${inputs.lifecycleScope}`,
          },
        ]),
    ...(isCreateOnly(inputs) || containsUnknown(inputs.input) || isJsonObject(text(inputs.input))
      ? []
      : [{ property: "input", reason: "lifecycle_scope CRUD requires input to be a JSON object" }]),
  ];
}

function isJsonObject(value: string): boolean {
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === "object" && parsed !== null && !Array.isArray(parsed);
  } catch {
    return false;
  }
}

const invocation: ResourceType = {
  inputs: ["functionName", "input", "lifecycleScope", "qualifier", "tenantId", "terraformKey", "triggers"],
  required: ["functionName", "input"],
  replaceOn: ["functionName", "qualifier", "tenantId"],
  replacesFor: (property, news) => property === "input" && isCreateOnly(news),
  volatile: ["result"],
  // The id is derived from the result, which two invocations may share.
  upserts: true,
  leavesNoTrace: true,
  validate: validateInvocation,
  async create(inputs, context) {
    const { id, result } = await invoke("create", inputs, undefined, context);
    return { id, outputs: { result } };
  },
  update: async (_id, inputs, old, context) => ({ result: (await invoke("update", inputs, old.input, context)).result }),
  async delete(_id, state, context) {
    if (!isCreateOnly(state)) await invoke("delete", state, state.input, context);
  },
};

export const LAMBDA_TYPES: Record<string, ResourceType> = {
  [FUNCTION]: lambdaFunction,
  "aws:lambda/permission:Permission": permission,
  "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": eventInvokeConfig,
  "aws:lambda/invocation:Invocation": invocation,
};
