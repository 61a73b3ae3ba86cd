import { BlockList, isIP } from "node:net";
import { METADATA_ADDRESSES } from "../../../host-config/shared/metadata-addresses";
import { certificateViolations, validityViolations } from "../certificates";
import type { HostSettings } from "../host-args/settings";
import { type Violation, notAList, violation } from "../input-errors";

/** Also `http://HOST`, whose port is asked for. Neither quotes nor spaces: it becomes part of units and of files for apt. */
const ADDRESS = /^http:\/\/(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?$/i;
const USE = "Use http://HOST:PORT";
/** Programs for http: the runner leaves it out where it hands the address to jobs, and curl and git then call port 1080. */
const OMITTED_PORT = 80;
const MAX_PORT = 65_535;
const MAX_ENTRIES = 100;
const MAX_PREFIX = 32;

/** Where no proxy of the network is: the instance itself, and addresses that end at its link. */
const LOCAL = new BlockList();
LOCAL.addSubnet("0.0.0.0", 8);
LOCAL.addSubnet("127.0.0.0", 8);
LOCAL.addSubnet("169.254.0.0", 16);
LOCAL.addSubnet("::", 127, "ipv6");
LOCAL.addSubnet("fe80::", 10, "ipv6");
for (const address of METADATA_ADDRESSES) LOCAL.addAddress(address, isIP(address) === 6 ? "ipv6" : "ipv4");

/** A host, or a domain with a leading dot. */
const NAME = /^\.?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/i;

/**
 * Checks the arguments of the proxy and the private authorities.
 *
 * @param now milliseconds since the epoch; overridden by tests only
 */
export function proxyViolations(settings: HostSettings, now = Date.now()): Violation[] {
  const { httpProxy, httpsProxy, caBundle } = settings;
  const unreadable = certificateViolations("caBundle", caBundle);
  return [
    ...addressViolations("httpProxy", httpProxy),
    ...addressViolations("httpsProxy", httpsProxy),
    ...exceptionViolations(settings),
    ...(unreadable.length > 0 ? unreadable : validityViolations("caBundle", caBundle, now)),
  ];
}

function addressViolations(field: string, address: unknown): Violation[] {
  if (address === undefined) return [];
  const refused = (problem: string, remedy = USE) => [violation(field, address, problem, remedy)];
  if (typeof address === "string" && address.includes("@")) {
    const problem = "it holds credentials, which the user data would show to every job";
    return [violation(field, "(not shown)", problem, "Have the proxy admit the instances by their addresses")];
  }
  const [, host, port] = typeof address === "string" ? (ADDRESS.exec(address) ?? []) : [];
  // The parser of URLs refuses what is no address either, such as 1.2.3.4.5, and writes 2130706433 as 127.0.0.1.
  if (host === undefined || !URL.canParse(address as string)) return refused("not the address of an HTTP proxy");
  if (isLocal(new URL(address as string).hostname)) {
    return refused("a container cannot reach it, nor can a unit that is kept from the metadata", "Use an address of the network");
  }
  if (port === undefined) return refused("it has no port, and programs differ in the one that they assume (80 or 1080)", "Add the port");
  if (Number(port) === OMITTED_PORT) {
    return refused("the runner hands it to jobs without the port, and curl and git then assume 1080", "Use another port of the proxy");
  }
  if (Number(port) < 1 || Number(port) > MAX_PORT) return refused("not the address of an HTTP proxy");
  return [];
}

/** @param hostname as the parser of URLs writes it */
function isLocal(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$|\.$/g, "");
  const version = isIP(host);
  return version === 0 ? /(^|\.)localhost$/.test(host) : LOCAL.check(host, version === 6 ? "ipv6" : "ipv4");
}

function exceptionViolations({ httpProxy, httpsProxy, noProxy, awsByProxy }: HostSettings): Violation[] {
  const found: Violation[] = [];
  const entries: unknown = noProxy ?? [];
  if (!Array.isArray(entries)) return [notAList("noProxy", entries)];
  if (entries.length > 0 && httpProxy === undefined && httpsProxy === undefined) {
    found.push(violation("noProxy", entries, "no proxy is given", "Set httpsProxy, or remove it"));
  }
  if (awsByProxy && httpsProxy === undefined) {
    found.push(
      violation("awsByProxy", awsByProxy, "no proxy for https is given, and AWS is called by https", "Set httpsProxy, or remove it"),
    );
  }
  if (entries.length > MAX_ENTRIES) {
    const problem = `${entries.length} entries; at most ${MAX_ENTRIES} are possible`;
    found.push(violation("noProxy", `${entries.length} entries`, problem, "Use domains and ranges"));
  }
  const index = entries.findIndex((entry) => !isException(entry));
  if (index >= 0) {
    const remedy = "Use a host, a domain with a leading dot, an address or a range such as 10.0.0.0/8";
    found.push(violation(`noProxy[${index}]`, entries[index], "not a host, a domain, an address or a range of IPv4 addresses", remedy));
  }
  return found;
}

/** Each entry is in the environment of the runner and of every step, so it counts what the worst of their programs makes of it. */
function isException(entry: unknown): boolean {
  if (typeof entry !== "string") return false;
  const [address = "", prefix, ...rest] = entry.split("/");
  const version = isIP(address);
  // Python's httpx fails at a range of IPv6, whatever it is to call; curl and the runner know none.
  if (prefix !== undefined) return version === 4 && rest.length === 0 && /^\d{1,2}$/.test(prefix) && Number(prefix) <= MAX_PREFIX;
  // The runner fails at an address of colons alone. A zone is an interface of one machine.
  if (version === 6) return /[\da-f]/i.test(entry) && !entry.includes("%");
  // Digits and dots alone are an address with a part missing, which would except nothing.
  return version === 4 || (NAME.test(entry) && !/^[\d.]+$/.test(entry));
}
