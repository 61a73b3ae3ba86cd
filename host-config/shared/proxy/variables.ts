/** Environment variables that lead programs to the proxy. There is no other setting that all of them read. */
import type { HostProxy } from "../../../contract/shared/host-setup";
import { METADATA_ADDRESSES } from "../metadata-addresses";
import { environmentLines } from "../unit-extras";

/** Whatever the stack says: the machine itself, and its metadata, of which a proxy would see the credentials. */
const NEVER_BY_PROXY = ["localhost", "127.0.0.1", "::1", ...METADATA_ADDRESSES];

/**
 * Variables for jobs and for programs that act for them. None without a proxy. curl reads the one for http in lower case only, others
 * read only capitals.
 *
 * @param direct hosts besides the user's own exceptions
 */
export function proxyVariables(proxy: HostProxy | undefined, direct: readonly string[] = []): Record<string, string> {
  if (proxy === undefined) return {};
  const exceptions = [...new Set([...NEVER_BY_PROXY, ...direct, ...proxy.noProxy])].join();
  const values = { http_proxy: proxy.http, https_proxy: proxy.https, no_proxy: exceptions };
  const given = Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  return Object.fromEntries(given.flatMap(([name, value]) => [[name, value] as const, [name.toUpperCase(), value] as const]));
}

/**
 * Variables for the host's own programs. A job's calls to AWS may need the proxy where these do not: the endpoints of the VPC are those
 * that the pool needs.
 *
 * @param endpoints AWS's hosts that these programs call; by the proxy only with awsByProxy
 */
export function hostVariables(proxy: HostProxy | undefined, endpoints: readonly string[]): Record<string, string> {
  return proxyVariables(proxy, proxy?.awsByProxy ? [] : endpoints);
}

/** Those for jobs as `Environment=` lines of a unit. */
export function proxyLines(proxy: HostProxy | undefined): string {
  return environmentLines(proxyVariables(proxy));
}

/**
 * Whether an exception of the user's names the host. For AWS's hosts, which have names: addresses and ranges are not compared. As in most
 * programs, the name of a domain also covers its hosts.
 */
export function isExcepted({ noProxy }: HostProxy, host: string): boolean {
  const name = host.toLowerCase();
  return noProxy.some((entry) => {
    const bare = entry.toLowerCase().replace(/^\./, "");
    return name === bare || name.endsWith(`.${bare}`);
  });
}
