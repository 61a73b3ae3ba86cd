import { POOL_DIMENSION } from "../../../contract/actions-runner-pool/metrics";
import { type Invocation, lambdaHandler } from "../../shared/lambda/handler";

/** The handler of one of the pool's functions: its log lines and metrics bear the pool's name. */
export function poolHandler<T>(pool: string, run: (event: unknown, invocation: Invocation) => Promise<T>) {
  return lambdaHandler({ logKeys: { pool }, dimensions: { [POOL_DIMENSION]: pool } }, run);
}
