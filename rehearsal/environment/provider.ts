import { join } from "node:path";
import type { AwsStandIn } from "../aws";
import type { Clock } from "../clock";
import { autoScalingOver } from "../provider/autoscaling-api";
import { ec2Over } from "../provider/ec2-api";
import { ProviderBackend } from "../provider/backend";
import type { AccountFacts } from "../provider/invokes";
import { serveProvider } from "../provider/server";
import { flow } from "../virtual-clock";
import type { SimulatedInvocation } from "./scenario";

/** Serves the engine's `aws` provider from the AWS stand-in. Its waits let virtual time advance. */
export function openProvider(
  aws: AwsStandIn,
  clock: Clock,
  { dir, ...account }: { dir: string; region: string; accountId: string },
  facts: Partial<AccountFacts>,
  /** Absent: each invocation is one. */
  simulated?: SimulatedInvocation,
): ReturnType<typeof serveProvider> {
  const backend = new ProviderBackend({
    store: aws.store,
    autoscaling: autoScalingOver(aws.gateway),
    ec2: ec2Over(aws.gateway),
    filesDir: join(dir, "files"),
    sleep: (ms) => flow(clock, () => clock.sleep(ms)),
    now: () => clock.now(),
    account,
    invoke: (functionName, payload) => {
      const resource = `arn:aws:lambda:${account.region}:${account.accountId}:function:${functionName}`;
      aws.gateway.authorise({ kind: "operator" }, "lambda:InvokeFunction", { resource, context: {} });
      const invoke = (event: unknown) => aws.lambda.invoke(functionName, event);
      return flow(clock, () => (simulated ? simulated(payload, invoke, clock) : invoke(payload)));
    },
    facts,
  });
  return serveProvider(backend, join(dir, "provider.sock"));
}
