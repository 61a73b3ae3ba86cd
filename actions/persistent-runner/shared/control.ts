/** How an action reaches the control function. */
import { LambdaClient } from "@aws-sdk/client-lambda";
import { type ControlReply, type ControlRequest, controlAudience } from "../../../contract/persistent-runner/control";
import { persistentRunnerNames } from "../../../contract/persistent-runner/names";
import { STS_AUDIENCE } from "../../../contract/shared/workflow-token";
import { type TokenRequests, idToken } from "../../shared/id-token";
import { invokeFunction } from "../../shared/invoke-function";
import type { Job } from "../../shared/job";
import { assumeRole } from "../../shared/role";

export interface Control {
  ask(): Promise<ControlReply>;
  /** Removes what it has left on the machine of the job. */
  close(): void;
}

/** Milliseconds: GitHub's tokens are valid for five minutes or more, and a start may wait for ten. */
export const TOKEN_AGE = 120_000;
/** Milliseconds; longer than the function takes for one request. */
const REQUEST_BOUND = 60_000;

export interface ControlParts {
  job: Job;
  env: NodeJS.ProcessEnv;
  requests: TokenRequests;
  elapsed(): number;
}

/**
 * The role lets this job invoke the function and nothing else. Who the job is the function takes from a second token, whose audience
 * AWS's services refuse.
 */
export async function connect(
  action: ControlRequest["action"],
  { job, env, requests, elapsed }: ControlParts,
  more: Pick<ControlRequest, "force"> = {},
): Promise<Control> {
  const name = job.input("name");
  const token = async (audience: string): Promise<string> => {
    const value = await idToken(audience, env, requests);
    job.mask(value);
    return value;
  };
  const role = assumeRole(job.input("role"), `${name}-${env["GITHUB_RUN_ID"] ?? ""}`, await token(STS_AUDIENCE), env);
  const client = new LambdaClient({
    region: job.input("region"),
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: REQUEST_BOUND, throwOnRequestTimeout: true },
  });
  let own: { value: string; since: number } | undefined;
  return {
    close: () => role.forget(),
    async ask() {
      if (own !== undefined && elapsed() - own.since >= TOKEN_AGE) {
        role.renew(await token(STS_AUDIENCE));
        own = undefined;
      }
      own ??= { value: await token(controlAudience(name)), since: elapsed() };
      const request: ControlRequest = { action, token: own.value, ...more };
      return invokeFunction<ControlReply>(client, persistentRunnerNames(name).controlFunction, request);
    },
  };
}
