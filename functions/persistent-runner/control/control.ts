/**
 * Control function: owns the lease, the power and the runner of one machine, on behalf of the workflows that use it.
 *
 * ## Callers
 *
 * A workflow's job, by `lambda:InvokeFunction` and with GitHub's own token, and `pulumi up`, which has the machine prepare itself. Who
 * calls is read from the verified token alone: repository, run and attempt are the holder of the lease, so that no run can act for
 * another one. A provisioning has no token. So whoever may invoke the function, which each subject's workflow may, can have a free machine that
 * is not prepared prepare itself, and gets the end of its console if that fails. Such a caller cuts no preparation, and takes no run's machine.
 *
 * ## Requests
 *
 * Each does what is possible at once and replies; the workflow repeats it until the reply is final, so that none lasts as long as a
 * boot. All of the state is in the lease (contract/persistent-runner/lease.ts), and each request is idempotent: it may be repeated,
 * come twice at the same time, or die between any two of its calls. test/proofs/exploration/lease explores these orders.
 *
 * ## Failures and bounds
 *
 * A request ends after PERSISTENT_TIMING.controlBound, below `settle`, so that none of its calls to EC2 comes later than the lease allows.
 * What fails on the way is logged and replied as not yet done; the next request continues. A start that fails is repeated, with other
 * instance types in the end (next-attempt.ts); what no repetition changes is replied as `failed`, after the machine was released.
 * A job's stop never stops a job: it is repeated until the job has ended, unless it says `force`, which is counted and alarmed.
 *
 * ## Gotchas
 *
 * - EC2's calls have no conditions. Call StartInstances and StopInstances only after the writes that begin.ts and power-off.ts make.
 * - A workflow's log may be public: replies to it pass forPublicLog, and name no other repository.
 * - Never log a token, an order or a runner's configuration. The console of a machine goes to the function's log and to `pulumi up`,
 *   never to a workflow, whose log may be public.
 * - The IAM policy must grant exactly the AWS commands that index.ts imports, directly or not; a test compares them.
 */
import type { ControlReply, ControlRequest, PostponedReply, ProvisionReply } from "../../../contract/persistent-runner/control";
import { PERSISTENT_TIMING } from "../../../contract/persistent-runner/timing";
import { WorkflowTokenError } from "../../shared/github/workflow-token";
import { type Observer, reasonOf } from "../../shared/lambda/observer";
import { within } from "../../shared/lambda/timeout";
import type { ControlPorts } from "../shared/ports";
import type { StartSettings } from "../shared/settings";
import { postponed, provision } from "./provision";
import { forPublicLog } from "./public-log";
import { parseRequest } from "./request";
import { Start } from "./start";
import { stop } from "./stop";

/** The holder that a workflow's token stands for. @throws WorkflowTokenError, or what may pass */
export type IdentifyHolder = (token: string) => Promise<string>;

export async function control(
  event: unknown,
  identify: IdentifyHolder,
  ports: ControlPorts,
  settings: StartSettings,
  observer: Observer,
): Promise<ControlReply | ProvisionReply | PostponedReply> {
  const request = parseRequest(event);
  if ("problem" in request) return refuse(request.problem, observer);
  if (request.action === "provision") return provision(request, ports, settings, observer);
  if (request.action === "postponed") return postponed(ports, observer);
  return answer(request, identify, ports, settings, observer);
}

async function answer(
  { action, token, force = false }: ControlRequest,
  identify: IdentifyHolder,
  ports: ControlPorts,
  settings: StartSettings,
  observer: Observer,
): Promise<ControlReply> {
  try {
    return await within(ports.clock, `the request to ${action} the machine`, PERSISTENT_TIMING.controlBound * 1000, async (signal) => {
      const holder = await identify(token);
      const reply =
        action === "start"
          ? new Start({ holder, purpose: "run" }, ports, settings, observer, signal).run()
          : stop({ holder, force }, ports, observer, signal);
      return publicReply(await reply);
    });
  } catch (error) {
    if (error instanceof WorkflowTokenError) return refuse(error.message, observer);
    const reason = reasonOf(error);
    observer.log.error("a request failed; the workflow repeats it", { action, reason });
    const state = action === "start" ? "starting" : "stopping";
    return publicReply({ state, retryAfter: PERSISTENT_TIMING.pollInterval, detail: reason });
  }
}

function publicReply(reply: ControlReply): ControlReply {
  return "detail" in reply ? { ...reply, detail: forPublicLog(reply.detail) } : reply;
}

function refuse(problem: string, { log }: Observer): ControlReply {
  log.warn("a request was refused", { problem });
  return { state: "failed", detail: problem };
}
