import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { IssuedCredentials } from "../credentials";
import type { AwsAccount } from "../account";
import type { DeployedFunction } from "./function";

export interface Route {
  /** Loopback port of the TLS front. */
  port: number;
  /** Host names served there; `*.` matches any prefix. */
  hosts: string[];
  caFile: string;
}

/** The environment of a function's process: the deployed variables and Lambda's own, but none of this machine's. */
export function sandboxEnvironment(
  deployed: DeployedFunction,
  role: IssuedCredentials,
  { account, route, workDir }: { account: AwsAccount; route: Route; workDir: string },
): Record<string, string> {
  const home = join(workDir, "function-home");
  mkdirSync(home, { recursive: true });
  return {
    ...deployed.environment,
    PATH: process.env["PATH"] ?? "/usr/bin:/bin",
    TZ: "UTC",
    LANG: "en_US.UTF-8",
    // A developer's own AWS configuration must not leak in.
    HOME: home,
    AWS_CONFIG_FILE: join(home, "none"),
    AWS_SHARED_CREDENTIALS_FILE: join(home, "none"),
    AWS_REGION: account.region,
    AWS_DEFAULT_REGION: account.region,
    AWS_ACCESS_KEY_ID: role.accessKeyId,
    AWS_SECRET_ACCESS_KEY: role.secretAccessKey,
    AWS_SESSION_TOKEN: role.sessionToken ?? "",
    AWS_EXECUTION_ENV: `AWS_Lambda_${deployed.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: deployed.name,
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(deployed.memorySize),
    AWS_LAMBDA_LOG_GROUP_NAME: deployed.logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: "rehearsal",
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    // At AWS the bundle runs on Node 24; the SDK may warn about this machine's version of Node.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
    LAMBDA_TASK_ROOT: deployed.codeDir,
    LAMBDA_RUNTIME_DIR: "/var/runtime",
    _HANDLER: deployed.handler,
    NODE_EXTRA_CA_CERTS: route.caFile,
    CI_RUNNERS_ROUTE: JSON.stringify({ port: route.port, hosts: route.hosts }),
  };
}
