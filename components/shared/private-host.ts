import { BlockList, isIP } from "node:net";

/** RFC 1918, RFC 6598, RFC 3927 and loopback; RFC 4193 and link-local. */
const PRIVATE = new BlockList();
for (const [network, prefix] of [
  ["10.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["100.64.0.0", 10],
  ["169.254.0.0", 16],
  ["127.0.0.0", 8],
] as const) {
  PRIVATE.addSubnet(network, prefix, "ipv4");
}
PRIVATE.addSubnet("fc00::", 7, "ipv6");
PRIVATE.addSubnet("fe80::", 10, "ipv6");

/** Domains that public DNS does not have: ICANN's `internal`, RFC 6762, RFC 8375 and what RFC 6762 lists as common. */
const PRIVATE_DOMAIN = /\.(internal|local|home\.arpa|intranet|private|corp|home|lan)$/;

/**
 * Whether a host certainly exists in a private network only. A public name may have a private address, too, which the name
 * does not show.
 *
 * @param host of a URL; an IPv6 address is in brackets
 */
export function isPrivateHost(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, "").toLowerCase();
  const version = isIP(name);
  if (version !== 0) return PRIVATE.check(name, version === 4 ? "ipv4" : "ipv6");
  return !name.includes(".") || PRIVATE_DOMAIN.test(name);
}
