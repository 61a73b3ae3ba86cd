/**
 * `node agent.cjs COMMAND`: one bundle with one command for each purpose. Each program documents itself in its own file.
 *
 *   boot         ci-runners-boot.service, at the end of the boot script    boot.ts
 *   failed       the boot script, with its reason                          lease.ts
 *   idle         ci-runners-idle.service, by its timer                     idle.ts
 *   drain        actions-runner.service, ExecStop=, if it takes several jobs  drain.ts
 *   ended        actions-runner.service, ExecStopPost=                     ended.ts
 *   report       ci-runners-report.service, by the former                  report.ts
 *   storage      runner-storage.service                                    host-config/shared/storage/storage.ts
 *   engine       runner-docker.service, ExecStartPre=                      host-config/shared/docker/kept-data.ts
 *   logs         runner-logs.service                                       ship-logs.ts
 *   diagnostics  runner-diagnostics.service, by the former                 host-config/shared/logs/diagnostics.ts
 *
 * Without PERSISTENT_PATHS.config every command does nothing and exits with 0.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type PersistentHostConfig, PERSISTENT_PATHS, PERSISTENT_UNITS } from "../../../contract/persistent-runner/host";
import { accountOf } from "../../shared/account";
import { monotonicClock } from "../../shared/clock";
import { jsonLog } from "../../shared/json-log";
import { boundedExec } from "../../shared/prepare/exec";
import { preferSize } from "../../shared/v8-memory";
import { activity } from "./activity";
import { boot } from "./boot";
import { readConfig } from "./config";
import { drain } from "./drain";
import { ENDED_MS, ended } from "./ended";
import { fence } from "./fence";
import { foreignJob } from "./foreign-job";
import { checkIdle } from "./idle";
import { idleHost } from "./idle-host";
import { endFormerProcesses, isWorking, powerOff } from "./machine";
import { readOrder } from "./order";
import { keepRunLogs, runName } from "./run-logs";
import { setupOf } from "./setup";

const COMMANDS: Record<string, (config: PersistentHostConfig) => Promise<unknown>> = {
  boot: (config) => boot(aws<typeof import("./boot-host")>(() => require("./boot-host")).bootHost(config)),
  failed: (config) =>
    aws<typeof import("./boot-host")>(() => require("./boot-host"))
      .bootHost(config)
      .lease.failed(process.argv[3] ?? ""),
  idle: (config) => checkIdle(idleHost(config)),
  drain: (config) => drain({ clock: monotonicClock(), log: jsonLog("drain"), working: isWorking, ...fence(config) }),
  ended: runEnded,
  async report(config) {
    const job = foreignJob(activity().text);
    if (job === undefined) return;
    const { reportForeignJob } = load<typeof import("./report")>(() => require("./report"));
    await reportForeignJob(job, aws<typeof import("./report-host")>(() => require("./report-host")).reportHost(config));
  },
  async storage(config) {
    const { mountStorage } = load<typeof import("../../shared/storage/storage")>(() => require("../../shared/storage/storage"));
    await mountStorage({ setup: setupOf(config), user: accountOf(config.runnerUser), log: jsonLog("storage") });
  },
  async engine(config) {
    const { deleteAllButCache } = load<typeof import("../../shared/docker/kept-data")>(() => require("../../shared/docker/kept-data"));
    await deleteAllButCache(setupOf(config), jsonLog("engine"));
  },
  async logs(config) {
    preferSize();
    await aws<typeof import("./ship-logs")>(() => require("./ship-logs")).shipHostLogs(config);
  },
  async diagnostics() {
    const { readDiagnostics } = load<typeof import("../../shared/logs/diagnostics")>(() => require("../../shared/logs/diagnostics"));
    await readDiagnostics(join(PERSISTENT_PATHS.runner, "_diag"));
  },
};

/** The AWS clients take as long to load as everything else; what is run every 30 s needs none. */
function load<T>(module: () => unknown): T {
  return module() as T;
}

function aws<T>(module: () => unknown): T {
  // The runner determines the version of Node.js; the SDK would log a warning about an older one at each start.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
  return load<T>(module);
}

/** What throws at once, such as an unknown user, is one of its failures, too. */
async function runEnded(config: PersistentHostConfig): Promise<void> {
  const signal = AbortSignal.timeout(ENDED_MS);
  const exec = boundedExec(signal);
  await ended({
    config,
    log: jsonLog("ended"),
    how: `${process.env.EXIT_CODE ?? "unknown"} ${process.env.EXIT_STATUS ?? ""}`.trim(),
    debug: () => existsSync(PERSISTENT_PATHS.debug),
    noted: () => activity().text,
    report: async () => {
      const { code, stderr } = await exec("systemctl", ["start", PERSISTENT_UNITS.report]);
      if (code !== 0) throw new Error(stderr.trim().split("\n").at(-1));
    },
    endProcesses: async () => endFormerProcesses(config.runnerUser, accountOf(config.runnerUser)),
    keepLogs: async () => {
      const account = accountOf(config.runnerUser);
      await keepRunLogs({ exec, account, name: runName(readOrder()), kept: config.runLogsKept });
    },
    // What does not end in time the shutdown writes, too, unless the power is cut.
    sync: async () => void (await exec("sync", [])),
    powerOff,
  });
  // For a start by an operator, after a drain that raised it.
  if (config.registration === "service") await fence(config).lowerFence();
}

/** sysexits' EX_USAGE. */
const USAGE = 64;

async function main(): Promise<void> {
  const command = process.argv[2] ?? "";
  const run = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
  if (!run) {
    console.error(`unknown command "${command}"; one of: ${Object.keys(COMMANDS).join(", ")}`);
    process.exitCode = USAGE;
    return;
  }
  try {
    const config = readConfig();
    if (config === undefined) jsonLog("agent").info("no configuration, nothing to do");
    else await run(config);
  } catch (error) {
    // For people, who read the console: the log has the whole of it.
    if (command === "boot") process.stderr.write(`ci-runners: boot failed: ${error instanceof Error ? error.message : String(error)}\n`);
    else jsonLog(command).error("failed", { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    process.exitCode = 1;
  }
  // Idle keep-alive connections must not keep a finished command running.
  process.exit();
}

void main();
