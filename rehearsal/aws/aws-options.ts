import type { Clock } from "../clock";
import type { Random } from "../random";
import type { Timeline } from "../timeline";
import type { AccountParts, AutoScalingOptions } from "./autoscaling";
import type { PowerDelays } from "./ec2/power";
import type { VolumeDelays } from "./ec2/volumes";
import type { HttpHandler } from "./front/front-handler";
import type { HostDriver } from "./host-driver";

export interface AwsOptions {
  clock: Clock;
  timeline: Timeline;
  random: Random;
  driver: HostDriver;
  region: string;
  accountId: string;
  /** Absolute, and short because it holds a socket; created if missing. */
  workDir: string;
  githubHandler: HttpHandler;
  /** Hosts in addition to github.com's: that of an Enterprise Server, as in `GITHUB_API_URL`. */
  githubHosts?: readonly string[];
  /**
   * Of these hosts, those in a private network: only functions in a VPC reach them, and their certificate is of an authority
   * of its own (`front.privateCaFile`), which no client trusts unless the program names it.
   */
  privateHosts?: readonly string[];
  /** Reads what issuers of tokens publish, by which a workflow assumes a role. Default: none can be reached. */
  readDocument?: (url: string) => Promise<unknown>;
  /** Additional names or addresses that the certificate must cover. */
  extraNames?: readonly string[];
  autoscaling?: Pick<
    AutoScalingOptions,
    "delays" | "terminateHookAfterAbandonedLaunch" | "clearProtectionWhileTerminating" | "cancellationWaitsFor"
  >;
  /** Milliseconds for which EC2 shows each transition of instances of their own, and of volumes. */
  ec2Delays?: Partial<PowerDelays & VolumeDelays>;
  /** What the account has before the program runs. */
  accountParts?: AccountParts;
  /** First two octets of the instances' addresses. Default 10.64. */
  network?: { first: number; second: number };
  /** Run Command: ms from launch to a registered agent (default 10 000), and ms from call to host (400-1200). */
  ssm?: { registrationMs?: number; delivery?: { min: number; max: number } };
  /** Called for defects of the stand-in and deployed resources that it cannot evaluate; `defects` also keeps them. */
  onDefect?: (error: unknown) => void;
}
