import { RefusedError } from "./refused-error";
import { GATES, type GateName } from "./gates";
import type { PinChangeResult, Override } from "./evaluate";
import type { Repository } from "./repository";
import { oneLine } from "../cli/one-line";

/** Room for a sentence that can still be understood in a year; "hotfix" cannot. */
const SHORTEST_REASON = 20;

const ROLLBACK = "Promotion-Rollback";
const OVERRIDE = "Promotion-Override";
const OVERRIDDEN = "Promotion-Overridden";
const RELEASE = "Promotion-Release";

/**
 * A reason in one line. Line breaks would allow it to add trailers.
 *
 * @throws RefusedError when it is too short to be one
 */
export function writtenReason(text: string): string {
  const reason = oneLine(text);
  if (reason.length < SHORTEST_REASON || !reason.includes(" ")) {
    throw new RefusedError(
      `--override "${reason}": write down the reason in at least ${SHORTEST_REASON} characters; it is written to the commit`,
    );
  }
  return reason;
}

/** The last lines of a promotion's commit message: `--check` reads them. */
export function trailersOf({ stack, to, rollback, gates }: PinChangeResult): string[] {
  const overridden = gates.filter(({ state }) => state === "overridden");
  return [
    `${RELEASE}: ${stack} ${to}`,
    ...(rollback ? [`${ROLLBACK}: ${stack}`] : []),
    ...(overridden[0] ? [`${OVERRIDE}: ${overridden[0].override}`] : []),
    ...(overridden[0] ? [`${OVERRIDDEN}: ${[stack, ...overridden.map(({ gate }) => gate)].join(" ")}`] : []),
  ];
}

/** What the trailers of a range of commits request for a stack. */
export interface Intent {
  rollback: boolean;
  override?: Override;
}

/**
 * Reads the trailers of the commits that `head` has and `base` has not.
 *
 * @throws RefusedError when an override has no sufficient reason, or names an unknown gate
 */
export function intentFor(repository: Repository, base: string, head: string, stack: string): Intent {
  const format = "--format=%(trailers:only=true,unfold=true)%x00";
  const messages = repository.git(["log", "--no-show-signature", format, `${base}..${head}`, "--"]).split("\0");
  let rollback = false;
  const reasons = new Set<string>();
  const gates = new Set<GateName>();
  for (const message of messages) {
    const values = (name: string) =>
      message.split("\n").flatMap((line) => (line.startsWith(`${name}: `) ? [line.slice(name.length + 2).trim()] : []));
    rollback ||= values(ROLLBACK).includes(stack);
    const named = values(OVERRIDDEN).flatMap((value) => {
      const [of, ...rest] = value.split(/\s+/);
      return of === stack ? rest.map(gateNamed) : [];
    });
    if (named.length === 0) continue;
    reasons.add(writtenReason(values(OVERRIDE).at(-1) ?? ""));
    for (const gate of named) gates.add(gate);
  }
  return { rollback, ...(gates.size > 0 ? { override: { reason: [...reasons].join("; "), gates: [...gates] } } : {}) };
}

function gateNamed(name: string): GateName {
  const gate = GATES.find((one) => one === name);
  if (!gate) throw new RefusedError(`${OVERRIDDEN}: ${name} is not a gate; give one of ${GATES.join(", ")}`);
  return gate;
}
