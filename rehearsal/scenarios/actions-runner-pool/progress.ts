import { waitingSteps } from "../../report/queue";
import type { PoolContext } from "./pool-context";

/** Milliseconds of the wall clock without a line after which the pool's state is printed. */
const QUIET_MS = 10_000;

/**
 * Prints the pool's state whenever nothing else has been printed for a while, so that a wait can be told from a hang. Returns the
 * context to work with, and the function that ends it.
 */
export function reportProgress(given: PoolContext): { context: PoolContext; stop: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const stop = () => clearTimeout(timer);
  const restart = () => {
    stop();
    timer = setTimeout(() => say(`... ${poolState(given)}`), QUIET_MS).unref();
  };
  const say = (line: string) => {
    given.say(line);
    restart();
  };
  const { linger } = given;
  const context: PoolContext = { ...given, say };
  if (linger) {
    context.linger = async (instances) => {
      stop();
      await linger(instances);
      restart();
    };
  }
  restart();
  return { context, stop };
}

function poolState({ group, jobs, timeline }: PoolContext): string {
  const instances = group.members();
  const waiting = waitingSteps(timeline.events).at(-1)?.waiting ?? 0;
  const running = instances.filter((instance) => jobs.runningOn(instance) !== undefined).length;
  return `${group.inService().length} of ${instances.length} instance(s) in service, ${running} job(s) running, ${waiting} waiting`;
}
