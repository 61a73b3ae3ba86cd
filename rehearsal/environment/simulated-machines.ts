import type { AwsStandIn } from "../aws";
import type { Clock } from "../clock";
import type { GitHub } from "../github";
import { SimulatedHosts } from "../hosts/simulated/hosts";
import type { Timeline } from "../timeline";

export interface SimulatedMachineOptions {
  aws: AwsStandIn;
  github: GitHub;
  clock: Clock;
  timeline: Timeline;
  drain: boolean;
}

export function simulatedMachines({ aws, github, clock, timeline, drain }: SimulatedMachineOptions): SimulatedHosts {
  return new SimulatedHosts((instanceId) => {
    const roleName = () => aws.fleet.get(instanceId)?.profile?.roleName ?? "";
    return {
      clock,
      timeline,
      github,
      drain,
      call: (action, params) => aws.gateway.call({ kind: "instance", instanceId, roleName: roleName() }, action, params),
      metadata: metadataOf(aws, instanceId),
    };
  });
}

/** The metadata service that real machines use, without the network. */
function metadataOf(aws: AwsStandIn, instanceId: string): (path: string) => string | undefined {
  return (path) => {
    const sourceIp = aws.fleet.get(instanceId)?.privateIp ?? "";
    const send = (method: string, at: string, headers: Record<string, string>) => aws.imds({ method, path: at, headers, sourceIp });
    const token = send("PUT", "/latest/api/token", { "x-aws-ec2-metadata-token-ttl-seconds": "60" }).body;
    const response = send("GET", `/latest/meta-data/${path}`, { "x-aws-ec2-metadata-token": token });
    if (response.status === 404) return undefined;
    if (response.status !== 200) throw new Error(`instance metadata returned HTTP ${response.status}`);
    return response.body;
  };
}
