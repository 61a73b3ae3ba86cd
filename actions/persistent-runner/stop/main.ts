/** The program of action.yml, which bundles it as stop.mjs. */
import { connect } from "../shared/control";
import { elapsed, pause, runAction } from "../shared/run";
import { stop } from "./stop";

void runAction((job) => {
  const force = job.optional("force") === "true";
  const parts = { job, env: process.env, requests: { fetch, pause }, elapsed };
  return stop({ job, pause, elapsed, connect: () => connect("stop", parts, force ? { force } : {}) });
});
