/**
 * The lease of a machine: one item of the table, which decides who may use, start and stop it. The control function, the reaper
 * and the machine write it, each by conditional writes.
 *
 * | from | to | by | condition |
 * |---|---|---|---|
 * | stopped | starting, generation + 1 | control: a run acquires the machine | no holder, the same one, or one whose time is over |
 * | starting | starting, generation + 1 | control: the start failed or hung | the same holder and generation |
 * | starting | ready | the machine, once it could take a job | the same generation |
 * | ready | starting, generation + 1 | control: its runner did not connect to GitHub | the same holder and generation |
 * | starting, ready | stopping, without holder | control: the holder releases it; reaper: its time is over | the same holder and generation |
 * | ready, stopping | stopped | control or reaper: EC2 shows that the machine is off | the same generation and phase, both settled |
 * | stopped | stopping | reaper: the machine runs, although no one started it by this lease | no holder |
 *
 * Within one generation the phase only advances, so that generation and phase together say of which moment a writer's knowledge is.
 * A `starting` machine that EC2 shows as stopped is a start that failed, or is not yet visible: its holder decides which.
 *
 * EC2's calls have no conditions. So every call that starts or stops the machine follows a write that allows it, and ends within
 * PERSISTENT_TIMING.settle of it; and a machine is stopped only once the last such write is older: then no earlier call can reach it any more.
 */
export type LeasePhase = "stopped" | "starting" | "ready" | "stopping";

/** A holder has the machine until it releases it, also while the machine is off: no one else acquires it before. */
export interface Lease {
  phase: LeasePhase;
  /** Starts so far. Whatever names another generation is of an earlier start. */
  generation: number;
  /** `REPOSITORY#RUN#ATTEMPT`, or PROVISIONER. Absent: free. */
  holder?: string;
  /** When the holder loses it, in seconds since the epoch. */
  expires?: number;
  /** Of the last change of the phase or the generation, in milliseconds since the epoch. */
  changedAt: number;
  /** The machine that all this is about; another one was never prepared. */
  instanceId?: string;
  /** When the one attempt to start this generation began, in milliseconds since the epoch. */
  startedAt?: number;
  /** EC2's launch time before that attempt. Absent: the machine ran already, on its first boot, and waited for its order. */
  launchedBefore?: number;
  /** When the machine was last told to stop, in milliseconds since the epoch. */
  stoppedAt?: number;
  /** Before this time the next attempt does not begin, in milliseconds since the epoch. */
  notBefore?: number;
  /** Failures of this holder's earlier attempts, and the place in the list of instance types: a StartHistory as JSON. */
  history?: string;
  /** The kernel's boot id, with which the machine became ready in this generation. */
  bootId?: string;
  /** Of this generation's runner; see `bootLabel`. */
  label?: string;
  /** Of the runner that GitHub knows for this generation. */
  runnerId?: number;
  /** When its holder first found the machine ready, in milliseconds since the epoch: by the functions' clock, unlike `changedAt`. */
  foundReadyAt?: number;
  /** When GitHub first showed its runner as connected, in milliseconds since the epoch. Only from then on a job is sent there. */
  connectedAt?: number;
  /** Digest of what the machine was last prepared by, see `preparationDigest`; or UNFINISHED. */
  prepared?: string;
  /** Digest of what the last order named, whoever has it given. */
  ordered?: string;
  /** Provisionings so far that found a run to have the machine. A deployment repeats one after each. */
  postponed?: number;
  /** `GENERATION: REASON` of the last boot that took no job. It says nothing of another generation. See `bootFailure`. */
  failure?: string;
}

/** Value of `prepared` while a preparation is under way, or was not finished: the machine may have a part of two releases. */
export const UNFINISHED = "unfinished";

/** Why a boot took no job. */
export interface BootFailure {
  /** Its first line. */
  reason: string;
  /** The machine refuses jobs until someone has done something: another start would end alike. */
  refused: boolean;
}

/** With this a machine's reason begins if its disk is too full for a job. */
export const DISK_REFUSAL = "disk: ";

/** Characters of a reason in a reply: it comes from the machine, and goes to a workflow's log. */
const LONGEST_REASON = 300;

/** Of the lease's own generation; undefined: none is known. */
export function bootFailure({ failure = "", generation }: Pick<Lease, "failure" | "generation">): BootFailure | undefined {
  const prefix = `${generation}: `;
  if (!failure.startsWith(prefix)) return undefined;
  const [line = ""] = failure.slice(prefix.length).split("\n");
  return { reason: line.slice(0, LONGEST_REASON), refused: line.startsWith(DISK_REFUSAL) };
}

/** Holder while `pulumi up` has the machine prepare itself. */
export const PROVISIONER = "provision";

/** @param attempt from 1; a job that is run again has another */
export function runKey(repository: string, runId: string, attempt: string): string {
  return `${repository}#${runId}#${attempt}`;
}

/** Name of the table's key. */
export const LEASE_KEY = "pk";

/** The key of a machine's item, which is also the only one that its role may write (`dynamodb:LeadingKeys`). */
export function leaseKey(name: string): string {
  return `runner#${name}`;
}

/** What the machine itself may write (`dynamodb:Attributes`), besides the key. */
export const LEASE_ATTRIBUTES_OF_HOST = [
  "phase",
  "generation",
  "changedAt",
  "bootId",
  "prepared",
  "failure",
] as const satisfies readonly (keyof Lease)[];
