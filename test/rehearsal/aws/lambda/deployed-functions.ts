import { build } from "esbuild";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deployRole, ACCOUNT, type AwsHarness } from "../harness";

export const LOGS = {
  Sid: "Logs",
  Effect: "Allow",
  Action: ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
  Resource: "*",
};

/** Deploys a function with the given module text as its bundle, under its own role. */
export function deployFunction(
  harness: Pick<AwsHarness, "store" | "workDir">,
  name: string,
  code: string,
  more: { state?: Record<string, unknown>; statements?: object[]; file?: string } = {},
): string {
  const codeDir = join(harness.workDir, "code", name);
  mkdirSync(codeDir, { recursive: true });
  writeFileSync(join(codeDir, more.file ?? "index.mjs"), code);
  deployRole(harness.store, `${name}-role`, more.statements ?? [LOGS]);
  const arn = `arn:aws:lambda:${ACCOUNT.region}:${ACCOUNT.accountId}:function:${name}`;
  const role = `arn:aws:iam::${ACCOUNT.accountId}:role/${name}-role`;
  harness.store.put({
    type: "aws:lambda/function:Function",
    id: name,
    state: { name, arn, codeDir, handler: "index.handler", runtime: "nodejs24.x", role, timeout: 20, memorySize: 128, ...more.state },
  });
  return arn;
}

/** A bundle that contains the real SDK: it creates a secret named by the event, then tries to delete it. */
export async function sdkBundle(): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: `import { SecretsManagerClient, CreateSecretCommand, DeleteSecretCommand } from "@aws-sdk/client-secrets-manager";
        const client = new SecretsManagerClient({});
        export const handler = async ({ name }) => {
          await client.send(new CreateSecretCommand({ Name: name, SecretString: "x" }));
          return client.send(new DeleteSecretCommand({ SecretId: name })).then(() => "deleted", (e) => e.name + ": " + e.message);
        };`,
      resolveDir: process.cwd(),
    },
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    write: false,
    minify: true,
    logLevel: "error",
    banner: { js: `import { createRequire } from "node:module"; const require = createRequire(import.meta.url);` },
  });
  return outputFiles[0]!.text;
}

export const MAY_CREATE = {
  Effect: "Allow",
  Action: "secretsmanager:CreateSecret",
  Resource: `arn:aws:secretsmanager:${ACCOUNT.region}:*:secret:made/*`,
};
