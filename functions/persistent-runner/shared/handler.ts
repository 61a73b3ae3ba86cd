import { PERSISTENT_RUNNER_DIMENSION } from "../../../contract/persistent-runner/metrics";
import { type Invocation, lambdaHandler } from "../../shared/lambda/handler";

/** The handler of one of the component's functions. Its log lines and metrics carry the component's name. */
export function persistentRunnerHandler<T>(name: string, run: (event: unknown, invocation: Invocation) => Promise<T>) {
  return lambdaHandler({ logKeys: { persistentRunner: name }, dimensions: { [PERSISTENT_RUNNER_DIMENSION]: name } }, run);
}
