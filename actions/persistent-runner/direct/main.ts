/** Starts or stops the machine with control `direct`: `direct.mjs start` or `direct.mjs stop`, of both actions. */
import { elapsed, pause, runAction } from "../shared/run";
import { start } from "../start/start";
import { stop } from "../stop/stop";
import { connectDirectly } from "./direct";

void runAction((job) => {
  const parts = { job, env: process.env, requests: { fetch, pause }, elapsed };
  if (process.argv[2] === "start") return start({ job, pause, elapsed, connect: () => connectDirectly("start", parts) });
  const force = job.optional("force") === "true";
  return stop({ job, pause, elapsed, connect: () => connectDirectly("stop", parts, force ? { force } : {}) });
});
