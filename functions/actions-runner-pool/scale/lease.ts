import { randomUUID } from "node:crypto";
import { TIMING } from "../../../contract/actions-runner-pool/timing";
import type { Clock } from "../../shared/lambda/clock";
import { type Log, reasonOf } from "../../shared/lambda/observer";
import type { LeasePorts } from "./ports";

/** Each further attempt means that one holder ended and another began between two calls; more than this do not happen. */
const MAX_ATTEMPTS = 8;

/**
 * Runs passes one after another while no other invocation does. If another holds the lease, it is asked for one more pass: it
 * repeats until it can release the lease without having been asked meanwhile, so that what was written before the question is read
 * by a pass that began after it. A holder that died asks nothing: its lease ends after 60 s, and the schedule's next invocation
 * takes it. After any error the lease is dropped, with the memory before the pass: a call that failed may have taken or kept it.
 *
 * @param deadline milliseconds since the epoch, after which no further pass begins. Then a question may remain without a pass
 *   until the next invocation, within a minute.
 * @param pass gets what the one before it returned.
 */
export async function exclusively(
  ports: LeasePorts & { clock: Clock },
  deadline: number,
  log: Log,
  pass: (memory: string | undefined) => Promise<string>,
): Promise<void> {
  // Not Lambda's request id: a retry of an event has the same one, and may run beside a first attempt that was given up.
  const owner = randomUUID();
  try {
    const taken = await takeOrAsk(ports, owner);
    if (taken === "asked") return log.info("scale: another invocation is at work and was asked for another pass");
    await repeatedly(ports, owner, taken.memory, deadline, log, pass);
  } catch (error) {
    await ports.drop(owner).catch((reason: unknown) => log.warn("scale: the lease was not released", { reason: reasonOf(reason) }));
    throw error;
  }
}

/** Until the lease could be released, or is another's. */
async function repeatedly(
  ports: LeasePorts & { clock: Clock },
  owner: string,
  first: string | undefined,
  deadline: number,
  log: Log,
  pass: (memory: string | undefined) => Promise<string>,
): Promise<void> {
  let memory = first;
  for (;;) {
    memory = await pass(memory);
    if (await ports.release(owner, memory)) return;
    if (ports.clock.now() >= deadline) return ports.drop(owner, memory);
    if (!(await ports.renew(owner, leaseEnd(ports.clock), memory))) {
      return log.warn("scale: the lease was taken over; this invocation ends");
    }
  }
}

async function takeOrAsk(ports: LeasePorts & { clock: Clock }, owner: string): Promise<{ memory?: string } | "asked"> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const taken = await ports.take(owner, ports.clock.now(), leaseEnd(ports.clock));
    if (taken) return taken;
    // Only while it is held: a question to a holder that has just ended would be lost.
    if (await ports.ask(ports.clock.now())) return "asked";
  }
  throw new Error(`the lease was neither free nor held at ${MAX_ATTEMPTS} attempts; the next invocation tries again`);
}

const leaseEnd = (clock: Clock) => clock.now() + TIMING.scaleLease * 1000;
