import * as library from "@actions/expressions";
import { type JobMessage, RESULT_CODES } from "../../github/messages";
import { prepareTls } from "./client";
import { JobRun } from "./job";
import { inherited, readMessages } from "./pipe";
import { Reporter } from "./reporter";
import { nameProcess, Traces } from "./traces";

/** The worker exits when it has not received a job within this time. */
const FIRST_MESSAGE_MS = 30_000;
/** On SIGTERM, the official worker ends its job as on a shutdown, and exits after this time in any case. */
const EXIT_ON_UNLOAD_MS = 30_000;

function main(): void {
  nameProcess("Runner.Worker");
  const [command, fd] = process.argv.slice(2);
  if (command !== "spawnclient" || fd === undefined) {
    process.stderr.write("Runner.Worker is started by Runner.Listener, with `spawnclient FD FD`.\n");
    process.exit(1);
  }
  const traces = new Traces("Worker");
  const shutdown = new AbortController();
  const cancel = new AbortController();
  const jobTimeout = setTimeout(() => process.exit(1), FIRST_MESSAGE_MS);
  // A SIGINT to the process group is handled by the listener.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => {
    shutdown.abort(new Error("SIGTERM"));
    setTimeout(() => process.exit(143), EXIT_ON_UNLOAD_MS);
  });
  prepareTls();
  readMessages(inherited(Number(fd)), (message) => {
    traces.write(`message ${message.type}`);
    if (message.type === "RunnerShutdown") shutdown.abort(new Error("runner shutdown"));
    if (message.type === "CancelRequest") cancel.abort(new Error("job canceled"));
    if (message.type !== "NewJobRequest") return;
    clearTimeout(jobTimeout);
    void work(message.body);
  });

  async function work(job: JobMessage): Promise<void> {
    traces.count(`WorkerJobMessageReceived_${job.requestId}`);
    const run = new JobRun(job, new Reporter(job, traces), traces, shutdown.signal, cancel.signal, library);
    const result = await run.run();
    traces.count(`WorkerJobCompleted_${job.requestId}`);
    const code = Object.entries(RESULT_CODES).find(([, name]) => name === result)?.[0];
    process.exit(Number(code));
  }
}

main();
