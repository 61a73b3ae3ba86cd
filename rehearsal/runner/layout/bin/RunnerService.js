#!/usr/bin/env node
// Keeps the listener running. On SIGINT or SIGTERM it sends the listener SIGINT immediately and SIGKILL 30 s later. A
// rewrite that follows the behaviour of the official service host, which `--runner-dir` can put in place of this file.

const { spawn } = require("node:child_process");
const { join } = require("node:path");

const RELAUNCH_MS = 5_000;
const KILL_MS = 30_000;
/** Maximum number of consecutive restarts after codes 2, 3 and 4 (retryable, updating, updating after one job). */
const RETRIES = 10;
/** 0: success. 1: terminated by an error. 5: another listener holds the session. */
const FINAL = {
  0: "stop the service, no retry needed",
  1: "terminated by an error, stop the service",
  5: "session conflict, stop the service",
};

let stopping = false;
let listener;
let retries = 0;
let failures = 0;

function launch() {
  if (stopping) return;
  console.log("Starting Runner listener with startup type: service");
  // Not the Runner.Listener beside this file: after an update, `bin` is a link to a newer folder.
  listener = spawn(join(__dirname, "../bin/Runner.Listener"), ["run", "--startuptype", "service"], { env: process.env });
  console.log(`Started listener process, pid: ${listener.pid}`);
  listener.stdout.on("data", (chunk) => {
    if (chunk.includes("Listening for Jobs")) retries = failures = 0;
    process.stdout.write(chunk);
  });
  listener.stderr.on("data", (chunk) => process.stdout.write(chunk));
  // Node emits no `exit` for a program that could not be started, only `close`, with the negative error number.
  listener.on("error", (error) => {
    console.log(`Runner listener fail to start with error ${error.message}`);
    if (listener.pid === undefined) ended(error.errno);
  });
  // `exit`, not `close`: a worker that outlives its listener holds the listener's output open.
  listener.on("exit", (code) => ended(code));
}

function ended(code) {
  console.log(`Runner listener exited with error code ${code}`);
  if (code in FINAL) {
    console.log(`Runner listener exit with ${code}: ${FINAL[code]}`);
    stopping = true;
  } else if (code === 2 || code === 3 || code === 4) {
    if (++retries > RETRIES) stopping = true;
  } else {
    const most = Number(process.env.GITHUB_ACTIONS_SERVICE_EXIT_AFTER_N_FAILURES ?? 0);
    if (++failures >= most && most > 0) stopping = true;
  }
  if (stopping && code !== null) return;
  console.log("Runner listener exit, re-launch runner in 5 seconds.");
  if (!stopping) setTimeout(launch, RELAUNCH_MS);
}

function shutDown(signal) {
  console.log(`Shutting down runner listener on ${signal}`);
  stopping = true;
  if (!listener || listener.exitCode !== null || listener.signalCode !== null) return;
  console.log("Sending SIGINT to runner listener to stop");
  listener.kill("SIGINT");
  setTimeout(() => {
    console.log("Sending SIGKILL to runner listener");
    listener.kill("SIGKILL");
  }, KILL_MS).unref();
}

process.on("SIGINT", () => shutDown("SIGINT"));
process.on("SIGTERM", () => shutDown("SIGTERM"));
process.stdout.on("error", () => {});
launch();
