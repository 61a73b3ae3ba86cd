import { PrepareError } from "../prepare/prepare-error";
import type { PrepareContext } from "../prepare/stage";
import { proxyVariables } from "../proxy/variables";
import { whenUnlocked } from "./lock";
import { type PackageManager, endOf } from "./manager";
import type { Installed } from "./plan";

const FORMAT = "%{NAME}\\t%{EPOCHNUM}\\t%{VERSION}\\t%{RELEASE}\\n";
const MISSING = /No match for argument: (\S+)/;

/** Its packages start no services, and it refreshes its lists by itself. */
export function dnf(context: Pick<PrepareContext, "setup" | "exec" | "say" | "deadline">): PackageManager {
  const env = proxyVariables(context.setup.proxy);
  return {
    async installed() {
      return installedOf((await context.exec("rpm", ["--query", "--all", `--queryformat=${FORMAT}`])).stdout);
    },
    offered: async () => new Set(),
    refresh: async () => undefined,
    async install(entries) {
      // Not -q: it would hide for whom DNF waits.
      const args = ["-y", "--setopt=install_weak_deps=False", "install", ...entries.map(argumentOf)];
      const { code, stdout, stderr } = await whenUnlocked(context, "dnf", args, { env });
      if (code === 0) return;
      const output = `${stdout}\n${stderr}`;
      const name = MISSING.exec(output)?.[1];
      if (name !== undefined) {
        throw new PrepareError(`packages: ${name}: the archive has no such package or version: ${endOf(output, 1)}`);
      }
      throw new PrepareError(`packages: dnf install failed: ${endOf(stderr) || endOf(stdout)}`);
    },
  };
}

/** `NAME=VERSION` as DNF writes it; before the version it expects the epoch, if there is one. */
function argumentOf(entry: string): string {
  return entry.replace("=", "-");
}

/** Each version in every form in which a user may give it: with and without epoch and release. */
function installedOf(listed: string): Installed {
  const found = new Map<string, string[]>();
  for (const line of listed.split("\n")) {
    const [name, epoch, version, release] = line.split("\t");
    if (!name || !version) continue;
    const forms = [version, `${version}-${release}`, `${epoch}:${version}`, `${epoch}:${version}-${release}`];
    found.set(name, [...(found.get(name) ?? []), ...forms]);
  }
  return found;
}
