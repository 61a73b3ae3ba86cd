import type { HostProxy, HostSetup } from "../../../contract/shared/host-setup";
import { unitFile, type RenderedFile, type UnitFacts } from "../rendered-file";
import { NO_EXTRAS, type UnitExtras } from "../unit-extras";
import { proxyLines, proxyVariables } from "./variables";

/** The agent by which an operator, and the pool's stop document, run commands: a package, or a snap on Ubuntu's images. */
export const SSM_AGENTS = ["amazon-ssm-agent.service", "snap.amazon-ssm-agent.amazon-ssm-agent.service"] as const;

/** Files of the proxy, for the installer. */
export function proxyFiles({ proxy }: HostSetup, _facts: UnitFacts): RenderedFile[] {
  if (proxy === undefined) return [];
  const apt = { path: "/etc/apt/apt.conf.d/95ci-runners-proxy", mode: 0o644, content: aptConfiguration(proxy) };
  if (!proxy.awsByProxy) return [apt];
  const dropIn = `# The calls to AWS of this instance go by its proxy.\n[Service]\n${proxyLines(proxy)}`;
  return [apt, ...SSM_AGENTS.map((unit) => unitFile(`${unit}.d/ci-runners-proxy.conf`, dropIn))];
}

/**
 * What the proxy adds to the runner's unit. In the unit and not in the runner's own file, which a job could change: the runner passes
 * them on to steps, to actions and to containers of jobs.
 */
export function proxyExtras({ proxy }: HostSetup): UnitExtras {
  return { ...NO_EXTRAS, environment: proxyVariables(proxy) };
}

/** For updates without an environment of ours, such as unattended ones. apt knows exceptions for single hosts only. */
function aptConfiguration({ http, https, noProxy }: HostProxy): string {
  const hosts = noProxy.filter((entry) => !entry.startsWith(".") && !entry.includes("/"));
  const lines = Object.entries({ http, https }).flatMap(([scheme, address]) => {
    if (address === undefined) return [];
    const option = `Acquire::${scheme}::Proxy`;
    return [`${option} "${address}";\n`, ...hosts.map((host) => `${option}::${host} "DIRECT";\n`)];
  });
  return lines.join("");
}
