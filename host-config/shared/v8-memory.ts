/** The daemon idles for weeks beside jobs that want the memory: it gives speed, which it does not need, for size. */
import { setFlagsFromString } from "node:v8";

/**
 * The code of V8's three compilers is not even paged in then (5 to 8 MiB), and the heap is collected before it grows (in
 * all 59 to 52 MiB resident on Node 20, 87 to 63 on Node 24, and no more CPU). Set from within and not on the unit's command
 * line: the runner chooses the Node, and one that does not know a flag would not start there; here it only says so.
 */
const FLAGS = ["--optimize-for-size", "--no-opt", "--no-maglev", "--no-sparkplug"];

/** Before the AWS clients are loaded, or they are compiled already. */
export function preferSize(): void {
  for (const flag of FLAGS) setFlagsFromString(flag);
}
