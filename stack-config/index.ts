import * as pulumi from "@pulumi/pulumi";
import { type PoolConfig, readActionsRunnerPool } from "./actions-runner-pool";
import { Reader } from "./reader";
import { readRelease } from "./release";

/** What a stack configures: its release, its network, and one entry for each component, undefined if it is not deployed. */
export interface StackConfig {
  release: string;
  network: {
    /** Undefined: the program makes a VPC. */
    subnetIds: string[] | undefined;
    vpcCidrBlock: string;
  };
  pool: PoolConfig | undefined;
}

/** Address range of the program's own VPC; out of the way of the usual 10.0.0.0/16 and 172.31.0.0/16. */
const VPC_CIDR_BLOCK = "10.180.0.0/16";

/** Reads the stack's configuration. */
export function readStackConfig(config = new pulumi.Config()): StackConfig {
  const read = new Reader(config);
  return {
    release: readRelease(read),
    network: { subnetIds: read.list("subnetIds"), vpcCidrBlock: read.text("vpcCidrBlock") ?? VPC_CIDR_BLOCK },
    pool: readActionsRunnerPool(read),
  };
}
