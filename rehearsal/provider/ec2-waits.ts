import { AwsError, type Shape } from "../aws/api";
import type { Ec2Api } from "./ec2-api";
import type { ResourceContext } from "./resource-type";

/** Milliseconds between two polls. The real provider waits 10 s first and then backs off, which would only slow a rehearsal down. */
const POLL_MS = 500;

export type Ec2Context = Pick<ResourceContext, "ec2" | "pause" | "now">;

export interface Wait {
  /** For errors: `waiting for EC2 Instance (i-1) create`. */
  what: string;
  timeoutMs: number;
  /** States in which the wait goes on. Any other but the target ends it with an error. */
  pending: readonly string[];
  /** `gone`: the resource does not exist, or no longer. */
  target: string;
}

/** What is there now, with its state; undefined if there is nothing. */
type ReadState = () => Promise<{ state: string; reason?: string } | undefined>;

/** As the real provider waits: it gives up at once in a state that it does not expect. */
export async function waitForState({ pause, now }: Ec2Context, { what, timeoutMs, pending, target }: Wait, read: ReadState): Promise<void> {
  const deadline = now() + timeoutMs;
  for (;;) {
    const { state, reason } = (await read()) ?? { state: "gone", reason: undefined };
    if (state === target) return;
    if (!pending.includes(state)) {
      const last = reason === undefined ? "" : `. last error: ${reason}`;
      throw new Error(`${what}: unexpected state '${state}', wanted target '${target}'${last}`);
    }
    if (now() >= deadline) throw new Error(`${what}: timeout while waiting for state to become '${target}' (last state: '${state}')`);
    await pause(POLL_MS);
  }
}

/** Undefined also for an instance that has ended. */
export async function findInstance(ec2: Ec2Api, id: string): Promise<Shape | undefined> {
  const found = await describeInstance(ec2, id);
  return found && stateName(found) !== "terminated" ? found : undefined;
}

async function describeInstance(ec2: Ec2Api, id: string): Promise<Shape | undefined> {
  try {
    const { Reservations } = await ec2.call("DescribeInstances", { InstanceIds: [id] });
    return (Reservations as { Instances: Shape[] }[])[0]?.Instances[0];
  } catch (error) {
    if (isAwsCode(error, "InvalidInstanceID.NotFound")) return undefined;
    throw error;
  }
}

export function stateName({ State }: Shape): string {
  return String((State as Shape).Name);
}

export async function waitForInstance(context: Ec2Context, id: string, wait: Wait): Promise<void> {
  await waitForState(context, wait, async () => {
    const found = await describeInstance(context.ec2, id);
    return found && { state: stateName(found), reason: (found.StateReason as Shape | undefined)?.Message as string | undefined };
  });
}

export async function findVolume(ec2: Ec2Api, id: string): Promise<Shape | undefined> {
  try {
    const { Volumes } = await ec2.call("DescribeVolumes", { VolumeIds: [id] });
    return (Volumes as Shape[])[0];
  } catch (error) {
    if (isAwsCode(error, "InvalidVolume.NotFound")) return undefined;
    throw error;
  }
}

/** Ten minutes at most, as in the real provider. */
const MODIFY_MS = 600_000;

/** Changes a volume and waits until EC2 has done it. */
export async function modifyVolume(context: Ec2Context, id: string, changes: Shape, what: string): Promise<void> {
  await attempt(what, () => context.ec2.call("ModifyVolume", { VolumeId: id, ...changes }));
  const wait = { what: `${what}: waiting for completion`, timeoutMs: MODIFY_MS, pending: ["modifying"], target: "completed" };
  await waitForState(context, wait, async () => {
    const { VolumesModifications } = await context.ec2.call("DescribeVolumesModifications", { VolumeIds: [id] });
    return { state: String((VolumesModifications as Shape[])[0]!.ModificationState) };
  });
}

export function isAwsCode(error: unknown, code: string): error is AwsError {
  return error instanceof AwsError && error.code === code;
}

/** AWS's error with the provider's words before it. */
export function failed(what: string, error: unknown): Error {
  const { message } = error as Error;
  return new Error(error instanceof AwsError ? `${what}: api error ${error.code}: ${message}` : `${what}: ${message}`);
}

/** Makes a call, whose refusal gets the provider's words before it. */
export async function attempt(what: string, call: () => Promise<Shape>): Promise<Shape> {
  try {
    return await call();
  } catch (error) {
    throw failed(what, error);
  }
}
