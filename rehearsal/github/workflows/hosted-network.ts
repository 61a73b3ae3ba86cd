import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where the processes of hosted jobs reach the network from. */
export interface HostedNetwork {
  /** Put before each command. */
  readonly prefix: readonly string[];
  /** For programs that do not use the machine's list of authorities. */
  readonly environment: Readonly<Record<string, string>>;
  readonly isolation: string;
  close(): void;
}

/**
 * The rehearsal's network and nothing else: the namespace of a process that holds it, with a list of hosts of its own. Needs root.
 *
 * @param holder process in whose network namespace the stand-ins answer
 * @param hosts names, and the address of each
 * @param authority file with the certificates by which the stand-ins are known
 */
export function namespaceNetwork(holder: number, hosts: Readonly<Record<string, string>>, authority?: string): HostedNetwork {
  const folder = mkdtempSync(join(tmpdir(), "hosted-network-"));
  const file = join(folder, "hosts");
  const lines = ["127.0.0.1 localhost", ...Object.entries(hosts).map(([name, address]) => `${address} ${name}`)];
  writeFileSync(file, `${lines.join("\n")}\n`);
  // In a mount namespace of its own, whose changes never reach the machine: otherwise names would be looked up outside.
  const enter = 'mount --bind "$0" /etc/hosts && exec "$@"';
  return {
    prefix: [
      "nsenter",
      "--target",
      String(holder),
      "--net",
      "--",
      "unshare",
      "--mount",
      "--propagation",
      "private",
      "--",
      "sh",
      "-c",
      enter,
      file,
    ],
    environment: authority === undefined ? {} : { NODE_EXTRA_CA_CERTS: authority, SSL_CERT_FILE: authority, CURL_CA_BUNDLE: authority },
    isolation: "a network namespace in which only the rehearsal answers",
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Without root: the variables lead well-behaved programs to a proxy that does not exist, and nothing stops the others. */
export function environmentNetwork(standIns: readonly string[] = []): HostedNetwork {
  const nowhere = "http://127.0.0.1:9";
  const around = ["127.0.0.1", "localhost", ...standIns].join(",");
  return {
    prefix: [],
    environment: { http_proxy: nowhere, https_proxy: nowhere, HTTPS_PROXY: nowhere, no_proxy: around, NO_PROXY: around },
    isolation: "the environment only: processes of hosted jobs could reach the network",
    close: () => {},
  };
}
