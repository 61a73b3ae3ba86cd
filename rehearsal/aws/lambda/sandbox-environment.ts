import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { IssuedCredentials } from "../credentials";
import type { AwsAccount } from "../account";
import type { DeployedFunction } from "./function";

/** Where Lambda unpacks a function's archive; here each version has a folder of its own. */
const TASK_ROOT = "/var/task/";

export interface Route {
  /** Loopback port of the TLS front. */
  port: number;
  /** Host names served there; `*.` matches any prefix. */
  hosts: string[];
  /** Of these, those that only functions in a VPC reach. */
  privateHosts: readonly string[];
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
    NODE_EXTRA_CA_CERTS: trusted(deployed, route.caFile, home),
    CI_RUNNERS_ROUTE: JSON.stringify({ port: route.port, hosts: reached(deployed, route) }),
  };
}

/** A function outside of a VPC reaches public addresses only. Which hosts the routes of a VPC lead to is not known here. */
function reached({ inVpc }: DeployedFunction, { hosts, privateHosts }: Route): string[] {
  return inVpc ? hosts : hosts.filter((host) => !privateHosts.includes(host));
}

/**
 * The stand-in's authority takes the place of the public ones, which Node.js has built in. The function's own are those of the
 * file in its archive that it names; as in Node.js, a file that does not exist is ignored.
 */
function trusted({ name, codeDir, environment }: DeployedFunction, caFile: string, home: string): string {
  const own = environment["NODE_EXTRA_CA_CERTS"];
  if (own === undefined) return caFile;
  const file = own.startsWith(TASK_ROOT) ? join(codeDir, own.slice(TASK_ROOT.length)) : own;
  const all = join(home, `${name}-authorities.pem`);
  writeFileSync(all, [caFile, file].map(contentOf).join("\n"));
  return all;
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
