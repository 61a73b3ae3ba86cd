/**
 * What a workflow and the control function say to each other. A workflow repeats its request until the reply's state is final, so
 * that no invocation has to last as long as a boot. Every request is idempotent for one run and attempt.
 */
export interface ControlRequest {
  action: "start" | "stop";
  /** GitHub's OIDC token of the calling job, for CONTROL_AUDIENCE. Repository, run and attempt are taken from it alone. */
  token: string;
  /** Stop also while a job of this run is at work. */
  force?: boolean;
}

/** Audience of the token, so that one made for AWS cannot be passed on to the function. */
export function controlAudience(name: string): string {
  return `ci-runners:${name}`;
}

export type ControlReply =
  /** Not yet: repeat the request after so many seconds. `detail` is for the job's log. */
  | { state: "waiting" | "starting" | "stopping"; retryAfter: number; detail: string }
  /**
   * The machine takes the job that asks for this label, and with registration `jit` one job only. So of the jobs of a run, one asks for it: the
   * same label is the reply to each repetition, also to another job's, as long as GitHub shows no job on the runner.
   */
  | { state: "ready"; instanceId: string; label: string; generation: number }
  /** Released, and the machine is off or on its way. */
  | { state: "released"; detail: string }
  /** Nothing that a repetition could change. */
  | { state: "failed"; detail: string };

/** Sent by `pulumi up`, by the stack's own credentials instead of a workflow's token. It changes nothing on a machine that is prepared. */
export interface ProvisionRequest {
  action: "provision";
  instanceId: string;
  /** `preparationDigest` of what the function was deployed with, so that a change provisions anew. */
  digest: string;
  /** Seconds, below the function's timeout, after which an unfinished provisioning is left to the next invocation. */
  wait: number;
  /** The last of them: what is not finished then has failed. */
  last: boolean;
  /** Those before it that found a run to have the machine: with another number it is another invocation. */
  postponed: number;
}

/** A failed provisioning is an error of the invocation. */
export interface ProvisionReply {
  /** `in-use`: a run has the machine, which prepares itself at its next start, or at the next `pulumi up`, whichever comes first. */
  state: "prepared" | "unfinished" | "in-use";
  detail: string;
}

/** Sent by each `pulumi up`, and by each preview, before it decides what to invoke. It changes nothing. */
export interface PostponedRequest {
  action: "postponed";
}

export interface PostponedReply {
  /** Provisionings so far that found a run to have the machine. */
  postponed: number;
}
