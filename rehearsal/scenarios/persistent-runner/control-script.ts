import type { LambdaClient } from "@aws-sdk/client-lambda";
import type { Control } from "../../../actions/persistent-runner/shared/control";
import { start } from "../../../actions/persistent-runner/start/start";
import { stop } from "../../../actions/persistent-runner/stop/stop";
import { invokeFunction } from "../../../actions/shared/invoke-function";
import { Job } from "../../../actions/shared/job";
import { type ControlReply, type ControlRequest, controlAudience } from "../../../contract/persistent-runner/control";
import { persistentRunnerNames } from "../../../contract/persistent-runner/names";
import { STS_AUDIENCE } from "../../../contract/shared/workflow-token";
import type { Principal } from "../../aws/api";
import { sdkClient } from "../../aws/sdk-client";
import type { RehearsalEnvironment } from "../../environment/rehearsal-environment";
import type { ScriptFunction, ScriptFunctionCall } from "../../github/workflows/function-executor";

/** `echo "NAME=VALUE" >> "$GITHUB_OUTPUT"`, in which VALUE may be one variable. */
const OUTPUT = /^echo "([\w-]+)=(?:\$(\w+)|([^"$`\\]*))" >> "\$GITHUB_OUTPUT"$/;
const PROGRAM = /\bnode "\$GITHUB_ACTION_PATH\/(start|stop)\.mjs"/;

/** The scripts of the rendered workflow and of the actions, on the virtual clock: the actions' own code, with calls to the stand-ins. */
export function controlScript(environment: RehearsalEnvironment): ScriptFunction {
  return (call) => {
    const script = call.script.trim();
    const output = OUTPUT.exec(script);
    if (output) {
      const [, name = "", variable, text = ""] = output;
      call.setOutput(name, variable === undefined ? text : (call.environment[variable] ?? ""));
      return Promise.resolve();
    }
    const action = PROGRAM.exec(script)?.[1];
    return action === undefined ? undefined : runAction(action as ControlRequest["action"], call, environment);
  };
}

async function runAction(action: ControlRequest["action"], call: ScriptFunctionCall, environment: RehearsalEnvironment): Promise<void> {
  const { clock } = environment.context;
  const begun = clock.now();
  const job = new FunctionJob(call);
  const pause = async (ms: number) => {
    await clock.sleep(ms);
    // A process would have been killed.
    if (call.stop.aborted) throw new Error("The operation was canceled.");
  };
  const parts = { job, pause, elapsed: () => clock.now() - begun, connect: () => connect(action, job, call, environment) };
  await (action === "start" ? start(parts) : stop(parts));
}

/** As the action's own `connect`, without sockets: a token for the role, and one for the function at each request. */
async function connect(
  action: ControlRequest["action"],
  job: Job,
  call: ScriptFunctionCall,
  environment: RehearsalEnvironment,
): Promise<Control> {
  const { gateway } = environment.aws;
  const name = job.input("name");
  const RoleArn = job.input("role");
  const RoleSessionName = `${name}-${call.environment["GITHUB_RUN_ID"] ?? "run"}`;
  const WebIdentityToken = await call.requestIdToken(STS_AUDIENCE);
  await gateway.call({ kind: "anonymous" }, "sts:AssumeRoleWithWebIdentity", { RoleArn, RoleSessionName, WebIdentityToken });
  const session: Principal = { kind: "session", roleName: RoleArn.split("/").at(-1) ?? "", sessionName: RoleSessionName };
  // IAM's name of the SDK's Invoke.
  const client = sdkClient<Pick<LambdaClient, "send">>("lambda", (_, params) => gateway.call(session, "lambda:InvokeFunction", params));
  return {
    close: () => undefined,
    async ask() {
      const request: ControlRequest = { action, token: await call.requestIdToken(controlAudience(name)) };
      return invokeFunction<ControlReply>(client, persistentRunnerNames(name).controlFunction, request);
    },
  };
}

/** A job whose commands and files are calls. */
class FunctionJob extends Job {
  constructor(private readonly call: ScriptFunctionCall) {
    super(call.environment, (line) => call.log(line));
  }

  override output(name: string, value: string): void {
    this.call.setOutput(name, value);
  }

  override mask(value: string): void {
    this.call.addMask(value);
  }
}
