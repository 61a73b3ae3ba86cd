import { setTimeout as sleep } from "node:timers/promises";
import { PrepareError } from "../prepare/prepare-error";
import type { ExecResult, PrepareContext } from "../prepare/stage";
import { proxyVariables } from "../proxy/variables";
import { whenUnlocked } from "./lock";
import { OFFERED_PREFIX } from "./facts";
import { type PackageManager, endOf } from "./manager";
import { withoutStarts } from "./policy-rc";
import { type Installed, nameOf } from "./plan";

/** Before the second and the third try of a mirror that may be busy. */
const REFRESH_PAUSES_MS = [5_000, 15_000];
/** No question may wait for an answer, and needrestart must not restart a service of the bootstrap. */
const ENVIRONMENT = { DEBIAN_FRONTEND: "noninteractive", NEEDRESTART_SUSPEND: "1", UCF_FORCE_CONFFOLD: "1" };
/** Seconds without data after which a mirror counts as gone. APT's own 120 would leave no time for another try. */
const NETWORK = ["-o", "Acquire::http::Timeout=30", "-o", "Acquire::https::Timeout=30", "-o", "Acquire::Retries=2"];
const INSTALL = [
  "install",
  "-y",
  "-q",
  "--no-install-recommends",
  // A version that the user names may be older than the image's.
  "--allow-downgrades",
  "-o",
  "Dpkg::Options::=--force-confold",
  ...NETWORK,
  "--",
];
/** How APT names what its archive has not. */
const MISSING = [
  /Unable to locate package (\S+)/,
  /Version '.*' for '(.+?)' was not found/,
  /Package '?(.+?)'? has no installation candidate/,
  /Couldn't find any package by (?:glob|regex) '(.+?)'/,
];

type Context = Pick<PrepareContext, "setup" | "exec" | "say" | "deadline">;

/** @param pausesMs shortened by tests */
export function apt(context: Context, pausesMs: readonly number[] = REFRESH_PAUSES_MS): PackageManager {
  const env = { ...ENVIRONMENT, ...proxyVariables(context.setup.proxy) };
  const run = (file: string, args: readonly string[]) => whenUnlocked(context, file, args, { env });
  /** Why the lists may be out of date: the reason for a package that is not in them. */
  let outdated: string | undefined;

  const refused = (name: string, line: string) =>
    outdated === undefined
      ? new PrepareError(`packages: ${name}: the archive has no such package or version: ${line}`)
      : new PrepareError(`packages: apt-get update failed: ${outdated}`);

  return {
    async installed() {
      const { stdout } = await context.exec("dpkg-query", ["--show", "--showformat=${db:Status-Status}\\t${Package}\\t${Version}\\n"]);
      return installedOf(stdout);
    },

    async offered() {
      // Those of a whole archive are more than the output that is kept.
      return new Set((await context.exec("apt-cache", ["pkgnames", OFFERED_PREFIX])).stdout.split("\n"));
    },

    async refresh() {
      for (const pause of [...pausesMs, undefined]) {
        const result = await run("apt-get", ["update", "-q", ...NETWORK]);
        outdated = failedRefresh(result);
        if (outdated === undefined) return;
        if (pause !== undefined) await sleep(pause, undefined, { signal: context.deadline });
        // The archives of the packages may be among those that answered, or their lists on the image.
        else if (result.code !== 0) throw new PrepareError(`packages: apt-get update failed: ${outdated}`);
      }
    },

    async install(entries, starts) {
      const unknown = await patternIn(context, entries);
      if (unknown !== undefined) throw refused(unknown, "it is not in APT's lists");
      const work = async () => {
        const result = await run("apt-get", [...INSTALL, ...entries]);
        if (!/dpkg was interrupted/.test(result.stderr)) return result;
        // An earlier bootstrap of this machine was killed.
        await run("dpkg", ["--configure", "-a"]);
        return run("apt-get", [...INSTALL, ...entries]);
      };
      const { code, stdout, stderr } = await (starts ? work() : withoutStarts(work));
      if (code === 0) return;
      for (const pattern of MISSING) {
        const name = pattern.exec(stderr)?.[1];
        if (name !== undefined) throw refused(nameOf(name), endOf(stderr, 1));
      }
      throw new PrepareError(`packages: apt-get install failed: ${endOf(stderr) || endOf(stdout)}`);
    },
  };
}

/** APT warns of archives that do not answer, and still succeeds. */
function failedRefresh({ code, stderr }: ExecResult): string | undefined {
  const failed = stderr.split("\n").find((line) => /^[WE]: (Failed to fetch|The repository)/.test(line));
  if (failed !== undefined) return failed.slice(0, 200);
  return code === 0 ? undefined : endOf(stderr, 1);
}

/** The first that APT would take as a pattern, of which it installs all that match: unknown, and with a dot or a plus. */
async function patternIn({ exec }: Context, entries: readonly string[]): Promise<string | undefined> {
  for (const name of entries.map(nameOf).filter((one) => /[.+]/.test(one))) {
    const { stdout } = await exec("apt-cache", ["policy", "--", name]);
    if (!stdout.split("\n").includes(`${name}:`)) return name;
  }
  return undefined;
}

/** @param listed lines of status, name and version */
function installedOf(listed: string): Installed {
  const found = new Map<string, string[]>();
  for (const line of listed.split("\n")) {
    const [status, name, version] = line.split("\t");
    if (status === "installed" && name && version) found.set(name, [...(found.get(name) ?? []), version]);
  }
  return found;
}
