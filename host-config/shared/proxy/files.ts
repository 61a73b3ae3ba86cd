import type { HostProxy, HostSetup } from "../../../contract/shared/host-setup";
import type { RenderedFile, UnitFacts } from "../rendered-file";
import { NO_EXTRAS, type UnitExtras } from "../unit-extras";
import { proxyLines, proxyVariables } from "./variables";

/** The agent by which an operator, and the pool's stop document, run commands: a package, or a snap on Ubuntu's images. */
export const SSM_AGENTS = ["amazon-ssm-agent.service", "snap.amazon-ssm-agent.amazon-ssm-agent.service"] as const;

const APT_CONFIGURATION = "/etc/apt/apt.conf.d/95ci-runners-proxy";
const SSM_DROP_INS = SSM_AGENTS.map((unit) => `/etc/systemd/system/${unit}.d/ci-runners-proxy.conf`);
/** All that proxyFiles() may give. */
export const PROXY_PATHS = [APT_CONFIGURATION, ...SSM_DROP_INS];

/** Files of the proxy, for the installer. */
export function proxyFiles({ proxy }: HostSetup, _facts: UnitFacts): RenderedFile[] {
  if (proxy === undefined) return [];
  const apt = { path: APT_CONFIGURATION, mode: 0o644, content: aptConfiguration(proxy) };
  if (!proxy.awsByProxy) return [apt];
  const content = `# The calls to AWS of this instance go by its proxy.\n[Service]\n${proxyLines(proxy)}`;
  return [apt, ...SSM_DROP_INS.map((path) => ({ path, mode: 0o644, content }))];
}

/**
 * What the proxy adds to the runner's unit. It passes them on to steps, to actions and to containers of jobs. The runner's own file of
 * variables, which a job can change, counts more: see jobEnvironmentStage().
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
