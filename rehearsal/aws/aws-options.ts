import type { Clock } from "../clock";
import type { Random } from "../random";
import type { Timeline } from "../timeline";
import type { AutoScalingOptions } from "./autoscaling";
import type { HttpHandler } from "./front/front-handler";
import type { HostDriver } from "./host-driver";

export interface AwsOptions {
  clock: Clock;
  timeline: Timeline;
  random: Random;
  driver: HostDriver;
  region: string;
  accountId: string;
  /** Absolute and short (a socket lies in it); made when missing. */
  workDir: string;
  githubHandler: HttpHandler;
  /** Besides github.com and its kin: the host of an Enterprise Server, as in `GITHUB_API_URL`. */
  githubHosts?: readonly string[];
  /** Names or addresses that the certificate must cover besides. */
  extraNames?: readonly string[];
  autoscaling?: Pick<AutoScalingOptions, "delays" | "terminateHookAfterAbandonedLaunch" | "clearProtectionWhileTerminating">;
  /** First two octets of the instances' addresses. Default 10.64. */
  network?: { first: number; second: number };
  /** Run Command: ms from launch to a registered agent (default 10 000), and ms from call to host (400-1200). */
  ssm?: { registrationMs?: number; delivery?: { min: number; max: number } };
  /** Told of defects of the stand-in or of deployed things that it cannot evaluate. Default: kept in `defects`. */
  onDefect?: (error: unknown) => void;
}
