import { GITHUB_HOSTS } from "../../github/github-options";
import type { ActionFunctions, HostedExecutor } from "../../github/workflows/hosted";
import { FunctionExecutor } from "../../github/workflows/function-executor";
import { type HostedNetwork, namespaceNetwork } from "../../github/workflows/hosted-network";
import { ProcessExecutor } from "../../github/workflows/process-executor";
import type { RehearsalEnvironment } from "../../environment/rehearsal-environment";
import { GATEWAY_ADDRESS } from "../../hosts/network";
import { controlScript } from "./control-script";

export interface HostedJobs {
  executor: HostedExecutor;
  close(): void;
}

/**
 * GitHub's own machines. With real machines, each job is processes of this computer, which run the committed bundles of the actions in
 * the rehearsal's network; on the virtual clock, the same code of the actions in this process.
 */
export function hostedJobs(environment: RehearsalEnvironment, functions: ActionFunctions): HostedJobs {
  const { github, machines, aws, stack, context } = environment;
  const { requestIdToken } = github;
  if (machines) {
    const network = cloudNetwork(machines.network.holder, stack.region, aws.front.caFile);
    return { executor: new ProcessExecutor({ functions, requestIdToken, network }), close: () => network.close() };
  }
  const script = controlScript(environment);
  return { executor: new FunctionExecutor({ clock: context.clock, functions, script, requestIdToken }), close: () => undefined };
}

function cloudNetwork(holder: number, region: string, authority: string): HostedNetwork {
  const names = [...GITHUB_HOSTS, ...["sts", "lambda", "ec2"].map((service) => `${service}.${region}.amazonaws.com`)];
  return namespaceNetwork(holder, Object.fromEntries(names.map((name) => [name, GATEWAY_ADDRESS])), authority);
}
