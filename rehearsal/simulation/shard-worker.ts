/** A thread that runs one shard and posts its totals. */
import { parentPort, workerData } from "node:worker_threads";
import { runShard, type Shard } from "./shard";

void runShard(workerData as Shard).then((totals) => parentPort?.postMessage(totals));
