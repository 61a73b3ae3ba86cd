/**
 * The control function's own code in the workflow, with control `direct`: with the role's rights on this machine and its lease, and with a
 * token of GitHub's from the repository's secrets. Nothing verifies who the run is: whoever has the role and the lease is trusted.
 */
import { LambdaClient } from "@aws-sdk/client-lambda";
import type { ControlReply } from "../../../contract/persistent-runner/control";
import { PERSISTENT_ENV } from "../../../contract/persistent-runner/environment";
import { runKey } from "../../../contract/persistent-runner/lease";
import { persistentRunnerNames } from "../../../contract/persistent-runner/names";
import { STS_AUDIENCE } from "../../../contract/shared/workflow-token";
import { controlPorts } from "../../../functions/persistent-runner/control/aws-ports";
import { control } from "../../../functions/persistent-runner/control/control";
import type { ControlPorts } from "../../../functions/persistent-runner/shared/ports";
import { startSettings } from "../../../functions/persistent-runner/shared/settings";
import { dynamoDbClient, ec2Client, secretsManagerClient } from "../../../functions/shared/aws/clients";
import { gitHubAccount } from "../../../functions/shared/github/environment";
import { GitHubJit, JIT_LIMITS } from "../../../functions/shared/github/jit";
import { GitHubTransport } from "../../../functions/shared/github/transport";
import { systemClock } from "../../../functions/shared/lambda/clock";
import type { Observer } from "../../../functions/shared/lambda/observer";
import { idToken } from "../../shared/id-token";
import { required } from "../../shared/job";
import { assumeRole } from "../../shared/role";
import { type Control, type ControlParts, TOKEN_AGE } from "../shared/control";
import { functionSettings } from "./function-settings";

/** Stands for the workflow's token, of which this process needs no proof. */
const OWN = "own";

export async function connectDirectly(
  action: "start" | "stop",
  { job, env, requests, elapsed }: ControlParts,
  more: { force?: boolean } = {},
): Promise<Control> {
  const region = job.input("region");
  const gitHubToken = job.input("github-token");
  job.mask(gitHubToken);
  const token = async (): Promise<string> => {
    const value = await idToken(STS_AUDIENCE, env, requests);
    job.mask(value);
    return value;
  };
  const role = assumeRole(job.input("role"), `${job.input("name")}-${env["GITHUB_RUN_ID"] ?? ""}`, await token(), env);
  let since = elapsed();
  const variables = await functionSettings(new LambdaClient({ region }), persistentRunnerNames(job.input("name")).controlFunction);
  const settings = startSettings(variables);
  const transport = new GitHubTransport(
    { ...gitHubAccount(variables), credentials: { tokenSecret: "github-token" } },
    async () => gitHubToken,
    JIT_LIMITS,
    { clock: systemClock },
  );
  const gitHub = new GitHubJit(transport, gitHubAccount(variables).scope);
  const clients = { dynamoDb: dynamoDbClient({ region }), ec2: ec2Client({ region }), secretsManager: secretsManagerClient({ region }) };
  const ports = keepingType(
    job,
    controlPorts(
      clients,
      () => gitHub,
      systemClock,
      settings,
      () => ({
        tags: {},
        hostRoleId: required(variables, PERSISTENT_ENV.hostRoleId),
        ...(variables[PERSISTENT_ENV.secretKmsKeyArn] && { kmsKeyArn: variables[PERSISTENT_ENV.secretKmsKeyArn]! }),
      }),
    ),
  );
  const holder = runKey(required(env, "GITHUB_REPOSITORY"), required(env, "GITHUB_RUN_ID"), required(env, "GITHUB_RUN_ATTEMPT"));
  const request = { action, token: OWN, ...more };
  return {
    close: () => role.forget(),
    async ask() {
      if (elapsed() - since >= TOKEN_AGE) {
        role.renew(await token());
        since = elapsed();
      }
      return (await control(request, async () => holder, ports, settings, observer(job))) as ControlReply;
    },
  };
}

/** A workflow has no right to change the machine's type, which could as well change its user data: it starts the machine with what it has. */
export function keepingType(job: Pick<ControlParts["job"], "info">, { power, ...ports }: ControlPorts): ControlPorts {
  const setType = async (type: string) =>
    job.info(`the machine is not a ${type}: with control direct, change its type by hand while it is off`);
  return { ...ports, power: { ...power, setType } };
}

/** Without the console of a machine that hung: the job's log may be public. The reaper counts what it sees; a workflow counts nothing. */
function observer(job: ControlParts["job"]): Observer {
  const say = (message: string) => job.info(message);
  return { log: { info: () => undefined, warn: say, error: say }, count: () => undefined };
}
