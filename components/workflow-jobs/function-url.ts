import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { PackagedFunction } from "../shared/packaged-function";

export interface FunctionUrl {
  url: pulumi.Output<string>;
  /** Resources without which Lambda answers 403. */
  ready: pulumi.Resource[];
}

/**
 * The address to which GitHub delivers. Public, because GitHub signs its deliveries for no AWS principal; the function checks their
 * HMAC. Lambda wants two statements for that: one for the URL, and one for the invocation, limited to those that come by the URL.
 */
export function createFunctionUrl(name: string, webhook: PackagedFunction, opts: pulumi.CustomResourceOptions): FunctionUrl {
  const handler = webhook.function.name;
  const url = new aws.lambda.FunctionUrl(name, { functionName: handler, authorizationType: "NONE" }, opts);
  const open = new aws.lambda.Permission(
    `${name}-url`,
    { function: handler, action: "lambda:InvokeFunctionUrl", principal: "*", functionUrlAuthType: "NONE" },
    opts,
  );
  const invoke = new aws.lambda.Permission(
    `${name}-invoke`,
    { function: handler, action: "lambda:InvokeFunction", principal: "*", invokedViaFunctionUrl: true },
    opts,
  );
  return { url: url.functionUrl, ready: [url, open, invoke] };
}
