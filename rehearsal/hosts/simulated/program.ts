import type { Host } from "../../../host-config/actions-runner-pool/agent/ports/host";
import type { AgentProcess } from "./agent-process";
import type { View } from "./view";

/** One process of the agent, with its view of the inputs and its ports. */
export interface Program {
  process: AgentProcess;
  view: View;
  host: Host;
}
