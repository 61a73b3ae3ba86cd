/**
 * `node agent.cjs COMMAND`: one bundle with one command for each purpose. Each program documents itself in its own file.
 *
 *   daemon       runner-agent.service                        daemon.ts, with the hook server in hook-server.ts
 *   reap         actions-runner.service, ExecStartPre=       reap.ts
 *   drain        actions-runner.service, ExecStop=           drain.ts
 *   heartbeat    runner-heartbeat.service, by its timer      heartbeat.ts
 *   complete     runner-complete.service                     complete.ts
 *   install      install.sh, from the user data              install.ts
 *   prepare      install.sh, before the units exist          prepare.ts
 *   storage      runner-storage.service                      volumes-at-boot.ts, host-config/shared/storage/storage.ts
 *   engine       runner-docker.service, ExecStartPre=        host-config/shared/docker/kept-data.ts
 *   logs         runner-logs.service                         ship-logs.ts
 *   diagnostics  runner-diagnostics.service, by the former   host-config/shared/logs/diagnostics.ts
 *   signs        the heartbeat, as a child                   signs-in-child.ts
 *
 * Without PATHS.config every command does nothing and exits with 0, except drain and reap: these use FALLBACK, because a
 * job may run on a machine that lost its configuration. `signs` needs none.
 */
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { PATHS, type HostConfig } from "../../../contract/actions-runner-pool/host";
import { FALLBACK, readConfig } from "./config";
import { Daemon } from "./daemon";
import { departureMark } from "./departure-mark";
import { engine } from "../../shared/docker/engine";
import { disk } from "../../shared/disk";
import { foldersOf } from "./disk";
import { drain } from "./drain";
import { forcedStopMark } from "./forced-stop-mark";
import { heartbeat } from "./heartbeat";
import { hookServer, inheritedSocket } from "./hook-server";
import { complete } from "./complete";
import { awaitInstallation, installation } from "./installation";
import { imdsClient } from "../../shared/imds";
import { hostLogs } from "../../shared/logs/flush";
import { jsonLog } from "../../shared/json-log";
import { pauseMark } from "./pause-mark";
import { PrepareError } from "../../shared/prepare/prepare-error";
import { preferSize } from "../../shared/v8-memory";
import type { Host } from "./ports/host";
import type { HostClock } from "../../shared/ports/clock";
import { reap, type ReapHost } from "./reap";
import { accountOf } from "../../shared/account";
import { registrar } from "./registrar";
import { jobMark } from "./job-mark";
import { jobSigns } from "./job-signs";
import { emptyLongLog } from "./listener-log";
import { monotonicClock } from "../../shared/clock";
import { renewal } from "./renewal";
import { returnMark } from "./return-mark";
import { serviceMark } from "./service-mark";
import { signsInChild } from "./signs-in-child";
import { withClockStamps } from "./stamps";
import { helperUnits, runnerUnit } from "./systemd";
import { volumesAtBoot } from "./volumes-at-boot";

const clock = monotonicClock();
/** Timestamps by AWS and GitHub refer to the time of day. */
const timeOfDay: HostClock = { ...clock, now: Date.now };
const signs = () => withClockStamps(jobSigns(), clock);

const COMMANDS: Record<string, () => Promise<unknown>> = {
  daemon: () => withConfig(runDaemon),
  drain: () => ignoringSignals("drain", drain),
  reap: () => ignoringSignals("reap", reapAndMakeRoom),
  complete: () =>
    withConfig(async (config) => {
      if ((await complete(await fullHost("complete", config))) === "still-running") process.exitCode = 1;
    }),
  heartbeat: () => withConfig(async (config) => heartbeat({ ...(await fullHost("heartbeat", config)), signs: signsInChild() })),
  install: () => withConfig(async (config) => load<typeof import("./install")>(() => require("./install")).install(config)),
  prepare: () => withConfig(async (config) => load<typeof import("./prepare")>(() => require("./prepare")).prepareHost(config)),
  storage: () =>
    withConfig(async (config) => {
      const { mountStorage } = load<typeof import("../../shared/storage/storage")>(() => require("../../shared/storage/storage"));
      const log = jsonLog("storage");
      await volumesAtBoot({ config, imds: imdsClient(), clock, log }, installation(), () =>
        mountStorage({ setup: config, user: accountOf(config.runnerUser), log }),
      );
    }),
  engine: () =>
    withConfig(async (config) => {
      const { deleteAllButCache } = load<typeof import("../../shared/docker/kept-data")>(() => require("../../shared/docker/kept-data"));
      await deleteAllButCache(config, jsonLog("engine"));
    }),
  logs: () =>
    withConfig(async (config) => {
      preferSize();
      await load<typeof import("./ship-logs")>(() => require("./ship-logs")).shipHostLogs(config);
    }),
  diagnostics: () =>
    withConfig(async () => {
      const { readDiagnostics } = load<typeof import("../../shared/logs/diagnostics")>(() => require("../../shared/logs/diagnostics"));
      await readDiagnostics(join(PATHS.runner, "_diag"));
    }),
  signs: async () => void process.stdout.write(JSON.stringify(await jobSigns().read())),
};

/** The AWS clients take as long to load as everything else; the drain needs none and starts without them. */
function load<T>(module: () => unknown): T {
  return module() as T;
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
    await run();
  } catch (error) {
    // install.sh passes standard error on as the reason.
    if (error instanceof PrepareError) process.stderr.write(`${error.message}\n`);
    else jsonLog(command).error("failed", { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    process.exitCode = 1;
  }
  // Idle keep-alive connections must not keep a finished command running.
  if (command !== "daemon") process.exit();
}

async function withConfig(work: (config: HostConfig) => Promise<unknown>): Promise<void> {
  const config = readConfig();
  if (config === undefined) jsonLog("agent").info("no configuration, nothing to do");
  else await work(config);
}

/**
 * For the drain and the reap, which protect a running job: neither a signal (other than SIGKILL) nor a lost configuration
 * ends them. They are bounded by maxDrain, and by systemd's TimeoutStopSec=.
 */
async function ignoringSignals(part: string, work: (host: ReapHost) => Promise<unknown>): Promise<void> {
  const log = jsonLog(part);
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.on(signal, () => log.info("signal ignored, the drain continues", { signal }));
  }
  let config: HostConfig | undefined;
  try {
    config = readConfig();
  } catch (error) {
    log.error("the configuration cannot be read, draining with defaults", { error: String(error) });
  }
  const effective = { ...FALLBACK, ...config } as HostConfig;
  const unit = runnerUnit(clock, effective, log);
  const marks = { forcedStop: forcedStopMark(), departure: departureMark(), returning: returnMark() };
  const ports = { unit, signs: signs(), engine: engine(effective, clock, log), hostLogs: hostLogs(effective, log), jobMark: jobMark() };
  await work({ config: effective, clock, log, ...ports, ...marks });
}

async function reapAndMakeRoom(host: ReapHost): Promise<void> {
  await reap(host);
  // Also at an operator's start. A listener that could start without the mark would let a job have config.sh run later. Not
  // before the reap: a start that it refuses in the warm pool is no service.
  await serviceMark().set();
  const bytes = emptyLongLog();
  if (bytes !== undefined) host.log.warn("the listener's log was too long and has been emptied", { bytes });
}

async function fullHost(part: string, config: HostConfig): Promise<Host> {
  const imds = imdsClient();
  // The runner determines the Node.js version; the SDK would log a warning about an older one at each start of a unit.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
  const { awsClients } = load<typeof import("./aws-clients")>(() => require("./aws-clients"));
  const { awsPorts } = load<typeof import("./aws-adapters")>(() => require("./aws-adapters"));
  return {
    config,
    clock,
    log: jsonLog(part),
    imds,
    unit: runnerUnit(clock, config, jsonLog(part)),
    signs: signs(),
    registrar: registrar(config, imds),
    helpers: helperUnits(),
    forcedStop: forcedStopMark(),
    departure: departureMark(),
    pause: pauseMark(),
    service: serviceMark(),
    returning: returnMark(),
    renewal: renewal(config, clock),
    disk: disk(foldersOf(config)),
    engine: engine(config, clock, jsonLog(part)),
    hostLogs: hostLogs(config, jsonLog(part)),
    jobMark: jobMark(),
    console: (line) => appendFile("/dev/console", `${line}\n`),
    ...awsPorts(awsClients(config.region, config.proxy), config, imds, timeOfDay),
  };
}

async function runDaemon(config: HostConfig): Promise<void> {
  preferSize();
  const host = await fullHost("daemon", config);
  // Installed just now: systemd starts the agent again, with the new configuration and program.
  if (!(await awaitInstallation(host, installation()))) process.exit(0);
  const daemon = new Daemon(host);
  const socket = inheritedSocket();
  if (socket === undefined) host.log.warn("no socket from systemd, job hooks cannot notify the agent");
  else
    hookServer((route, headers) => void daemon.hint(route, headers))
      .on("error", (error) => host.log.error("socket", { error: String(error) }))
      .listen({ fd: socket });
  host.log.info("agent started", { pool: config.pool });
  let stopped = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => (stopped = true));
  await daemon.run(() => stopped);
  process.exit(0);
}

void main();
