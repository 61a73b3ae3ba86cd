/** The role that a job assumes by its own OIDC token. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { required } from "./job";

/** Whatever else the SDK would take credentials from, before a token. */
const OTHER_CREDENTIALS = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"];

export interface AssumedRole {
  renew(token: string): void;
  forget(): void;
}

/**
 * Makes the SDK's clients of this program assume the role when they first need it. The credentials stay in this program's memory: no
 * later step of the job has them, as it would have with variables of the job. The token is a file of this program's user until
 * `forget`; it is worth nothing without the role's trust in its subject.
 *
 * @param env of this program, which it changes
 * @returns what replaces the token, which expires long before the role's hour is over and is needed again then; and what removes it
 */
export function assumeRole(roleArn: string, session: string, token: string, env: NodeJS.ProcessEnv): AssumedRole {
  for (const name of OTHER_CREDENTIALS) delete env[name];
  // Profiles of the machine would come before the token, too.
  env["AWS_CONFIG_FILE"] = env["AWS_SHARED_CREDENTIALS_FILE"] = "/dev/null";
  const file = join(required(env, "RUNNER_TEMP"), `ci-runners-token-${process.pid}`);
  writeFileSync(file, token, { mode: 0o600, flag: "wx" });
  env["AWS_WEB_IDENTITY_TOKEN_FILE"] = file;
  env["AWS_ROLE_ARN"] = roleArn;
  env["AWS_ROLE_SESSION_NAME"] = sessionName(session);
  return { renew: (next) => writeFileSync(file, next, { mode: 0o600 }), forget: () => rmSync(file, { force: true }) };
}

/** STS allows 2 to 64 of these characters. */
function sessionName(text: string): string {
  return text.replaceAll(/[^\w+=,.@-]/g, "-").slice(0, 64);
}
