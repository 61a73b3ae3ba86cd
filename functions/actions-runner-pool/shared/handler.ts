import { POOL_DIMENSION } from "../../../contract/actions-runner-pool/metrics";
import { type Invocation, lambdaHandler } from "../../shared/lambda/handler";

/** The handler of one of the pool's functions. Its log lines and metrics carry the pool's name. */
export function poolHandler<T>(pool: string, run: (event: unknown, invocation: Invocation) => Promise<T>) {
  return lambdaHandler({ logKeys: { pool }, dimensions: { [POOL_DIMENSION]: pool } }, run);
}
