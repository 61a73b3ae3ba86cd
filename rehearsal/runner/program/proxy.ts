/** The proxy of the runner's own requests, by the rules of the official one (src/Runner.Sdk/RunnerWebProxy.cs). */

interface Exception {
  host: string;
  port?: string;
}

export class RunnerProxy {
  private readonly exceptions: Exception[] = [];
  private readonly addresses: Partial<Record<"http:" | "https:", string>> = {};

  /** Lower case counts before upper case. The variables are rewritten in both cases, as the official runner does for its children. */
  constructor(private readonly environment: NodeJS.ProcessEnv = process.env) {
    const given = [this.read("http_proxy")?.trim(), this.read("https_proxy")?.trim()];
    if (given.every((address) => !address)) return;
    this.addresses["http:"] = this.adopt("http_proxy", given[0]);
    this.addresses["https:"] = this.adopt("https_proxy", given[1]);
    const list = this.read("no_proxy");
    if (!list) return;
    this.write("no_proxy", list);
    for (const entry of list.split(",").map((one) => one.trim())) this.except(entry);
  }

  /** The proxy for a request, or undefined: it goes straight to its host. */
  proxyFor(target: URL): string | undefined {
    const address = this.addresses[target.protocol as "http:" | "https:"];
    if (address === undefined || isLoopback(target.hostname)) return undefined;
    return this.exceptions.some((exception) => covers(exception, target)) ? undefined : address;
  }

  /** An empty part between colons is skipped, so `::1` is taken for the host `1`, and `::` has none. IPv4 addresses are ignored. */
  private except(entry: string): void {
    if (entry === "") return;
    const [host, ...rest] = entry.replace(/^:+/, "").split(":");
    if (!host) throw new Error("Value cannot be null. (Parameter 'input')");
    if (/^(\d{1,3}\.){3}\d{1,3}$/.test(host)) return;
    const port = rest.join(":").replace(/^:+/, "");
    this.exceptions.push(port === "" ? { host } : { host, port });
  }

  /** As .NET writes an address: with a slash at its end, and without the port if it is 80. */
  private adopt(name: string, address: string | undefined): string | undefined {
    if (!address || !URL.canParse(address)) return undefined;
    const { href } = new URL(address);
    this.write(name, href);
    return href;
  }

  private read(name: string): string | undefined {
    return this.environment[name] || this.environment[name.toUpperCase()];
  }

  private write(name: string, value: string): void {
    this.environment[name] = value;
    this.environment[name.toUpperCase()] = value;
  }
}

function covers({ host, port }: Exception, target: URL): boolean {
  const asked = target.hostname.toLowerCase();
  const known = host.toLowerCase();
  if (port !== undefined && port !== (target.port || (target.protocol === "https:" ? "443" : "80"))) return false;
  if (known.startsWith(".")) return asked.endsWith(known);
  return asked === known || asked.endsWith(`.${known}`);
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
}
