/** The program of action.yml, which bundles it as start.mjs. */
import { connect } from "../shared/control";
import { elapsed, pause, runAction } from "../shared/run";
import { start } from "./start";

void runAction((job) => {
  const parts = { job, env: process.env, requests: { fetch, pause }, elapsed };
  return start({ job, pause, elapsed, connect: () => connect("start", parts) });
});
