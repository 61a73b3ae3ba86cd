/** Files of Docker, as text: the stage of the preparation writes and uses them first, and the installer writes them again. */
import { dirname } from "node:path";
import { HOST_PATHS } from "../../../contract/shared/host-paths";
import type { HostSetup } from "../../../contract/shared/host-setup";
import { HOST_UNITS } from "../../../contract/shared/host-units";
import { METADATA_ADDRESSES } from "../metadata-addresses";
import { proxyLines } from "../proxy/variables";
import { type RenderedFile, type UnitFacts, unitFile } from "../rendered-file";
import { environmentLines, NO_EXTRAS, type UnitExtras } from "../unit-extras";
import { ANSWER_BOUND_MS } from "./ping";
import { rootlessCommand } from "./rootless-command";

/** Where programs expect the engine, such as the official runner, which mounts it into the containers of a job. */
export const SYSTEM_SOCKET = "/run/docker.sock";
export const TEMPORARY_FILES = "/etc/tmpfiles.d/ci-runners-docker.conf";
/** Of the engine and of the command before it. Seconds: gigabytes of layers may have to be deleted first. */
const START_BOUND = 300;
/** Seconds from SIGTERM to SIGKILL. The engine gives its containers 10 s. */
const STOP_BOUND = 30;
/** What an ordinary user cannot have the kernel load: the engine's network, its layers and its packet filter. */
const MODULES = ["tun", "overlay", "nf_tables", "ip_tables", "iptable_nat"];
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/**
 * systemd would say that the engine has started as soon as its program runs, which is seconds before it answers: too early for a
 * `docker pull` after a restart. It counts as started all the same if it does not answer, so that who waits for it gives the reason.
 */
const PING = `curl --disable --silent --fail --noproxy '*' --max-time 2 --output /dev/null --unix-socket ${HOST_PATHS.engineSocket}`;

/** Files of Docker, for the installer. */
export function dockerFiles(setup: HostSetup, facts: UnitFacts): RenderedFile[] {
  if (setup.docker === "root") return engineOverride(setup);
  if (setup.docker !== "rootless") return [];
  return [
    unitFile(HOST_UNITS.docker, engineUnit(setup, facts)),
    unitFile(HOST_UNITS.dockerRuntime, runtimeMount(facts.uid)),
    ...(facts.metadataDenied ? [unitFile(HOST_UNITS.metadataFence, fenceUnit())] : []),
    { path: TEMPORARY_FILES, mode: 0o644, content: temporaryFiles(facts) },
    { path: "/etc/modules-load.d/ci-runners-docker.conf", mode: 0o644, content: `${MODULES.join("\n")}\n` },
  ];
}

/**
 * What Docker adds to the runner's unit. The engine is only wanted: if the runner required it, a restart of the engine would
 * stop the runner.
 *
 * @param metadataDenied jobs have no access to the instance's metadata
 */
export function dockerExtras({ docker }: HostSetup, metadataDenied: boolean): UnitExtras {
  if (docker !== "rootless") return NO_EXTRAS;
  const fence = metadataDenied ? [HOST_UNITS.metadataFence] : [];
  return {
    after: [...fence, HOST_UNITS.docker],
    wants: [HOST_UNITS.docker],
    requires: fence,
    environment: { DOCKER_HOST: `unix://${HOST_PATHS.engineSocket}` },
    enable: fence,
  };
}

/** The system's own engine, from a package. */
export const SYSTEM_SERVICE = "docker.service";
/** The same from a snap, which only the image can have. */
export const SNAP_SERVICE = "snap.docker.dockerd.service";
export const ENGINE_OVERRIDES = [SYSTEM_SERVICE, SNAP_SERVICE].map((unit) => `/etc/systemd/system/${unit}.d/ci-runners.conf`);

/** For the system's own engine. */
function engineOverride(setup: HostSetup): RenderedFile[] {
  const unit = setup.storage === undefined ? "" : `[Unit]\nAfter=${HOST_UNITS.storage}\nRequires=${HOST_UNITS.storage}\n`;
  const proxy = proxyLines(setup.proxy);
  const content = `${unit}${proxy === "" ? "" : `[Service]\n${proxy}`}`;
  return content === "" ? [] : ENGINE_OVERRIDES.map((path) => ({ path, mode: 0o644, content }));
}

/**
 * A unit of the system, and not of the user's service manager: that one would have to linger, so that a job's own units would
 * outlive it, and it ends at each start of the runner.
 *
 * - KillMode=control-group, the default: containers have no control group of their own, so they end with the engine.
 * - No Delegate=: a job could have systemd move its runner into this unit (AttachProcessesToUnit), where no drain finds it.
 * - No NoNewPrivileges=: newuidmap is root's by its mode.
 * - No PartOf= the runner's unit: after a crash of the runner's service systemd would restart the engine first, under a job that
 *   has outlived the crash. The start of the runner does it, once that job has ended (engine.ts). In a shutdown the engine stops after
 *   the runner has drained, because the runner is ordered after it.
 * - TasksMax=infinity: the kernel's limit on the job's user applies to its containers, too.
 * - LimitNOFILE=: the engine's network (slirp4netns) holds a descriptor for each connection, and systemd's usual limit is 1024.
 */
function engineUnit(setup: HostSetup, { user, agent, metadataDenied }: UnitFacts): string {
  const required = [
    ...(setup.storage === undefined ? [] : [HOST_UNITS.storage]),
    ...(metadataDenied ? [HOST_UNITS.metadataFence] : []),
    HOST_UNITS.dockerRuntime,
  ].join(" ");
  return `[Unit]
Description=Rootless Docker of the job's user
After=network-online.target ${required}
Wants=network-online.target
Requires=${required}
StartLimitIntervalSec=0

[Service]
Type=exec
User=${user}
${environmentLines({
  XDG_RUNTIME_DIR: HOST_PATHS.engineRuntime,
  HOME: HOST_PATHS.engine,
  PATH,
})}${proxyLines(setup.proxy)}ExecStartPre=+${agent} engine
ExecStart=${rootlessCommand()}
ExecStartPost=-/usr/bin/timeout ${ANSWER_BOUND_MS / 1000} /bin/sh -c "until ${PING} http://docker/_ping; do sleep 0.2; done"
TimeoutStartSec=${START_BOUND}
TimeoutStopSec=${STOP_BOUND}
Restart=always
RestartSec=1
TasksMax=infinity
LimitNOFILE=65536:524288
OOMPolicy=continue
SyslogIdentifier=runner-docker
${metadataDenied ? `IPAddressDeny=${METADATA_ADDRESSES.join(" ")}\n` : ""}`;
}

/** A separate file system for what the engine writes below /run, which systemd and the agent need: as for the runner's log. */
function runtimeMount(uid: number): string {
  return `[Unit]
Description=File system for the sockets and the state of the rootless engine

[Mount]
What=tmpfs
Where=${HOST_PATHS.engineRuntime}
Type=tmpfs
Options=size=64m,nr_inodes=8192,mode=0700,uid=${uid},nosuid,nodev
`;
}

/** After the services that begin by flushing all rules. */
function fenceUnit(): string {
  return `[Unit]
Description=Keeps containers of jobs from the instance's metadata
After=nftables.service firewalld.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/nft --file ${HOST_PATHS.metadataFence}
TimeoutStartSec=10

[Install]
WantedBy=multi-user.target
`;
}

function temporaryFiles({ user, group }: UnitFacts): string {
  return `d ${dirname(HOST_PATHS.engineRuntime)} 0755 root root -
d ${dirname(HOST_PATHS.engine)} 0755 root root -
d ${HOST_PATHS.engine} 0700 ${user} ${group} -
L+ ${SYSTEM_SOCKET} - - - - ${HOST_PATHS.engineSocket}
`;
}
