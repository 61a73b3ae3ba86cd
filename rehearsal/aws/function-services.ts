import { EventBus } from "./events/bus";
import type { Denial } from "./gateway";
import type { AwsOptions } from "./aws-options";
import { AsyncInvoker } from "./lambda/async";
import { FunctionUrls } from "./lambda/function-urls";
import { LambdaApi } from "./lambda/lambda-api";
import { LambdaRuntime } from "./lambda/runtime";
import type { Route } from "./lambda/sandbox-environment";
import type { AwsServices } from "./services";

export interface FunctionOptions extends Pick<AwsOptions, "clock" | "timeline" | "random" | "region" | "accountId" | "workDir"> {
  services: Pick<AwsServices, "gateway" | "store" | "credentials" | "cloudwatch" | "queues">;
  /** How the functions' processes reach the stand-in. */
  route: Route;
  refused(denial: Denial): void;
  onDefect(error: unknown): void;
}

/** Lambda and the services that invoke it. */
export interface FunctionServices {
  lambda: LambdaRuntime;
  async: AsyncInvoker;
  bus: EventBus;
  functionUrls: FunctionUrls;
}

/** Starts the function runtime, its queue of asynchronous invocations, and the event bus that fills the queue. */
export function startFunctions(options: FunctionOptions): FunctionServices {
  const { clock, timeline, random, region, accountId, workDir, route, refused, onDefect } = options;
  const { gateway, store, credentials, cloudwatch, queues } = options.services;
  const account = { region, accountId };
  const { metrics } = cloudwatch;
  const lambda = new LambdaRuntime({ clock, timeline, random, account, store, gateway, credentials, metrics, route, workDir });
  const async = new AsyncInvoker({ clock, store, runtime: lambda, gateway, onDefect });
  gateway.register(new LambdaApi({ account, runtime: lambda, async }));
  const functionUrls = new FunctionUrls({ clock, store, runtime: lambda, onDefect });
  const bus = new EventBus({
    clock,
    random,
    store,
    account,
    queues,
    metrics,
    refused,
    onDefect,
    invoke: (name, event) => async.invoke(name, event),
  });
  return { lambda, async, bus, functionUrls };
}
