import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { PATHS, UNITS } from "../../contract/actions-runner-pool/host";
import type { RunningCloud } from "../aws";
import type { Clock } from "../clock";
import type { GitHub } from "../github";
import type { HostDriver } from "../aws/host-driver";
import { SimulatedHosts } from "../hosts/simulated/hosts";
import { openSystemdHosts, type OpenedHosts, type Run } from "../hosts/systemd";
import type { Timeline } from "../timeline";

/** Undoes the drain for the control experiment: the unit as the design has it that this one starts from. */
const WITHOUT_DRAIN = `[Service]
ExecStartPre=
ExecStop=
`;

/** The cloud wants its hosts before it starts, and the hosts want a running cloud: this stands in between. */
export class LateDriver implements HostDriver {
  driver: HostDriver | undefined;

  private get to(): HostDriver {
    if (!this.driver) throw new Error("no hosts yet");
    return this.driver;
  }

  launch: HostDriver["launch"] = (spec) => this.to.launch(spec);
  stop: HostDriver["stop"] = (id) => this.to.stop(id);
  start: HostDriver["start"] = (id) => this.to.start(id);
  hibernate: HostDriver["hibernate"] = (id) => this.to.hibernate(id);
  resume: HostDriver["resume"] = (id) => this.to.resume(id);
  terminate: HostDriver["terminate"] = (id) => this.to.terminate(id);
  runCommand: HostDriver["runCommand"] = (id, commands) => this.to.runCommand(id, commands);
  close = async (): Promise<void> => this.driver?.close();
}

export interface HostParts {
  cloud: RunningCloud;
  github: GitHub;
  clock: Clock;
  timeline: Timeline;
  drain: boolean;
}

export function simulatedHosts(parts: HostParts): SimulatedHosts {
  const { cloud, github, clock, timeline, drain } = parts;
  return new SimulatedHosts((instanceId) => {
    const roleName = () => cloud.fleet.get(instanceId)?.profile?.roleName ?? "";
    return {
      clock,
      timeline,
      github,
      drain,
      call: (action, params) => cloud.cloud.call({ kind: "instance", instanceId, roleName: roleName() }, action, params),
      metadata: metadataOf(cloud, instanceId),
    };
  });
}

/** The same metadata service that real machines ask, without the network. */
function metadataOf(cloud: RunningCloud, instanceId: string): (path: string) => string | undefined {
  return (path) => {
    const sourceIp = cloud.fleet.get(instanceId)?.privateIp ?? "";
    const ask = (method: string, at: string, headers: Record<string, string>) => cloud.imds({ method, path: at, headers, sourceIp });
    const token = ask("PUT", "/latest/api/token", { "x-aws-ec2-metadata-token-ttl-seconds": "60" }).body;
    const answer = ask("GET", `/latest/meta-data/${path}`, { "x-aws-ec2-metadata-token": token });
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw new Error(`instance metadata answered ${answer.status}`);
    return answer.body;
  };
}

export interface MachineParts extends HostParts {
  run: Run;
  /** Root file system of the machines, from `machineImage()`. */
  image: string;
  /** Names of GitHub's and AWS's services as production code calls them. */
  hostnames: () => readonly string[];
  /** Folder of a runner that is part of the machine image; absent where the user data downloads it. */
  runnerOnImage?: (root: string) => void;
  say: (line: string) => void;
}

export async function systemdHosts(parts: MachineParts): Promise<OpenedHosts> {
  const { cloud, run, clock, timeline } = parts;
  return openSystemdHosts({
    run,
    image: parts.image,
    clock,
    timeline,
    socket: cloud.front.socketPath,
    certificatesDir: dirname(cloud.front.caFile),
    hostnames: parts.hostnames,
    progress: parts.say,
    onGatewayDeath: (reason) => parts.say(`the machines' network gateway died: ${reason}`),
    onUnexpectedEnd: (instanceId) => parts.say(`machine ${instanceId} went off by itself`),
    furnish: (root) => {
      if (!parts.drain) put(root, `/etc/systemd/system/${UNITS.runner}.d/control-experiment.conf`, WITHOUT_DRAIN);
      parts.runnerOnImage?.(join(root, PATHS.runner));
    },
  });
}

function put(root: string, path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true, mode: 0o755 });
  writeFileSync(join(root, path), content);
}
