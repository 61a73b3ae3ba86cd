import { configure, unconfigure } from "./configure";
import { Flags, UnknownFlag } from "./flags";
import { writeJitConfiguration } from "./jit";
import { EXIT, Listener } from "./listen";
import { isConfigured, loadEnvironmentFile, readSettings, version } from "./root";
import { nameProcess, Traces } from "./traces";

/** .NET's exit code after SIGTERM by convention; not measured on the official listener. */
const EXIT_SIGTERM = 143;
/** The official listener exits at most this long after SIGTERM, even if a job is still running. */
const EXIT_ON_UNLOAD_MS = 30_000;

async function main(): Promise<number> {
  nameProcess("Runner.Listener");
  loadEnvironmentFile();
  const flags = new Flags(process.argv.slice(2), process.env);
  switch (flags.command) {
    case "configure":
      return configure(flags);
    case "remove":
      return unconfigure(flags);
    case "run":
    case "":
      return run(flags);
    default:
      process.stderr.write(`Unrecognized command '${flags.command}'. Commands: configure, remove, run.\n`);
      return EXIT.terminated;
  }
}

async function run(flags: Flags): Promise<number> {
  const jitConfiguration = flags.value("jitconfig");
  if (jitConfiguration !== undefined) writeJitConfiguration(jitConfiguration);
  if (!isConfigured()) {
    process.stderr.write(`Not configured. Run config.(sh/cmd) to configure the runner.\n`);
    return EXIT.terminated;
  }
  const traces = new Traces("Runner");
  traces.write(`Version: ${version()}`);
  const stop = new AbortController();
  let terminated = false;
  process.on("SIGINT", () => {
    process.stdout.write("Exiting...\n");
    stop.abort(new Error("SIGINT"));
  });
  process.on("SIGTERM", () => {
    if (terminated) return;
    terminated = true;
    traces.write("Runner will be shutdown for UserCancelled");
    stop.abort(new Error("SIGTERM"));
    setTimeout(() => process.exit(EXIT_SIGTERM), EXIT_ON_UNLOAD_MS).unref();
  });
  const once = flags.has("once") || readSettings().ephemeral;
  const code = await new Listener(traces, stop.signal, once).run();
  if (stop.signal.aborted) traces.write("Runner execution been cancelled");
  return terminated ? EXIT_SIGTERM : code;
}

// The reader of the output may exit first; a broken pipe must not end a job.
process.stdout.on("error", () => {});
process.stderr.on("error", () => {});
main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(error instanceof UnknownFlag ? `${error.message}\n` : `An error occurred: ${String(error)}\n`);
    process.exit(EXIT.terminated);
  },
);
