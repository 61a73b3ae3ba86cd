/** The one attempt to start a generation: its runner at GitHub, its order, its instance type, and the call that starts the machine. */
import type { Lease } from "../../../contract/persistent-runner/lease";
import { PERSISTENT_METRIC } from "../../../contract/persistent-runner/metrics";
import { LABEL_DIGITS, bootLabel } from "../../../contract/persistent-runner/names";
import { type BootOrder, preparationDigest } from "../../../contract/persistent-runner/order";
import type { InstancePower } from "../../shared/aws/instance-power";
import { type Observer, reasonOf } from "../../shared/lambda/observer";
import { begin, confirm } from "../shared/lease-writes";
import type { ControlPorts } from "../shared/ports";
import type { StartSettings } from "../shared/settings";
import { wantedType } from "./next-step";
import { failureOfOrder, failureOfStart, type StartFailure } from "./start-failure";

export interface Attempt {
  lease: Lease;
  power: InstancePower;
  /** The machine runs already, and waits for its order. */
  running: boolean;
  purpose: BootOrder["purpose"];
}

export type AttemptOutcome =
  | { outcome: "requested" }
  /** Another request makes it, or the machine was released meanwhile. */
  | { outcome: "not ours" }
  /** What the machine's state will show. */
  | { outcome: "unknown"; reason: string }
  | { outcome: "failed"; failure: StartFailure };

/**
 * Whoever writes `startedAt` makes the attempt; if it dies, the generation is lost, and its holder starts the next one. Immediately
 * before the call that starts the machine, a second write confirms that the machine is still the holder's.
 */
export async function attemptStart(
  attempt: Attempt,
  ports: ControlPorts,
  settings: StartSettings,
  { log, count }: Observer,
  signal: AbortSignal,
): Promise<AttemptOutcome> {
  const { power, running, purpose } = attempt;
  const startedAt = ports.clock.now();
  const launchedBefore = running ? undefined : power.launchedAt;
  const label = purpose === "run" ? bootLabel(settings.name, ports.random(LABEL_DIGITS)) : undefined;
  const start = { launchedBefore, label, digest: preparationDigest(settings) };
  if (!(await ports.lease.write(begin(attempt.lease, start, startedAt), signal))) return { outcome: "not ours" };
  const lease: Lease = { ...attempt.lease, startedAt };
  delete lease.stoppedAt;
  let runnerId: number | undefined;
  try {
    const type = wantedType(lease, settings);
    if (!running && power.instanceType !== type) {
      await ports.power.setType(type, signal);
      log.warn("the machine's type was changed", { from: power.instanceType, to: type });
    }
    const { order, runner } = await orderFor(lease, label, ports, settings, signal);
    runnerId = runner;
    if ((await ports.order.put(order, signal)) === "taken") throw new Error("the order's secret was deleted a moment ago");
  } catch (error) {
    await removeRunner(runnerId, ports, log, signal);
    return { outcome: "failed", failure: failureOfOrder(error) };
  }
  if (!(await ports.lease.write(confirm(lease, startedAt, runnerId), signal))) {
    await removeRunner(runnerId, ports, log, signal);
    return { outcome: "not ours" };
  }
  try {
    if (!running) await ports.power.start(signal);
    count(PERSISTENT_METRIC.starts);
    log.info("the machine is started", { generation: lease.generation, purpose, holder: lease.holder, running });
    return { outcome: "requested" };
  } catch (error) {
    const failure = failureOfStart(error);
    return failure === undefined ? { outcome: "unknown", reason: reasonOf(error) } : { outcome: "failed", failure };
  }
}

async function orderFor(
  { generation, holder }: Lease,
  /** Undefined: the machine only prepares itself. */
  label: string | undefined,
  { runners }: ControlPorts,
  { registration, bundle, configuration }: StartSettings,
  signal: AbortSignal,
): Promise<{ order: BootOrder; runner?: number }> {
  const pinned = { generation, bundle, configuration };
  if (label === undefined) return { order: { ...pinned, purpose: "provision" } };
  // Only a holder has its machine started, and it is part of the condition under which this attempt began.
  if (holder === undefined) throw new Error("the lease has no holder");
  const order: BootOrder = { ...pinned, purpose: "run", label, holder };
  if (registration === "service") return { order: { ...order, registrationToken: await runners.registrationToken(signal) } };
  const { runnerId, configuration: jitConfiguration } = await runners.create(label, signal);
  return { order: { ...order, jitConfiguration }, runner: runnerId };
}

/** GitHub removes one that never connected after a day; until then it would only be in the way of readers. */
export async function removeRunner(
  runnerId: number | undefined,
  { runners }: Pick<ControlPorts, "runners">,
  log: Observer["log"],
  signal: AbortSignal,
): Promise<void> {
  if (runnerId === undefined) return;
  try {
    const outcome = await runners.remove(runnerId, signal);
    log.info("the runner of a former start was removed at GitHub", { runnerId, outcome });
  } catch (error) {
    log.warn("the runner of a former start was not removed at GitHub, which does so itself after a day", {
      runnerId,
      reason: reasonOf(error),
    });
  }
}
