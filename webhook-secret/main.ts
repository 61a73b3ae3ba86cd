import { LambdaClient } from "@aws-sdk/client-lambda";
import { UsageError } from "../cli/options";
import { DEMAND_TIMING } from "../contract/workflow-jobs/timing";
import { RotationError, rotateWebhookSecret } from "./rotate";

/** The function's timeout, and 10 s for Lambda to report it. In ms. */
const ANSWER_MS = (DEMAND_TIMING.setupTimeout + 10) * 1000;

rotateWebhookSecret(process.argv.slice(2), {
  lambda: (region) =>
    new LambdaClient({
      ...(region === undefined ? {} : { region }),
      // The operator repeats it: a second rotation must not begin unseen.
      maxAttempts: 1,
      requestHandler: { connectionTimeout: 5_000, requestTimeout: ANSWER_MS, throwOnRequestTimeout: true },
    }),
  print: (line) => console.log(line),
}).then(
  (code) => process.exit(code),
  (error: unknown) => {
    const expected = error instanceof UsageError || error instanceof RotationError;
    console.error(expected ? error.message : error);
    process.exit(error instanceof UsageError ? 2 : 1);
  },
);
