import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { HOST_PATHS } from "../../../contract/shared/host-paths";
import { HOST_UNITS } from "../../../contract/shared/host-units";
import { PROBE } from "../metadata-probe";
import { PrepareError } from "../prepare/prepare-error";
import type { UnitFacts } from "../rendered-file";
import { writeAtomically } from "../write-file";
import { dockerFiles, TEMPORARY_FILES } from "./files";
import { metadataFence } from "./metadata-fence";
import { awaitEngine, type DockerContext, presentUnits, REAL_TIMES, restart, ROOTS_ENGINE, succeed } from "./started-engine";
import { freeRange, type IdRange, rangesOf } from "./subordinate-ids";

export interface RootlessFacts extends Pick<UnitFacts, "runnerUnit" | "agent" | "metadataDenied"> {
  /** Path of the Node.js binary, for the probe. */
  node: string;
}

/** The probe takes 2 s at most. */
const PROBE_MS = 20_000;

/** What differs in tests. */
export const ON_THIS_HOST = {
  times: REAL_TIMES,
  write: writeAtomically,
  subordinateUids: "/etc/subuid",
  subordinateGids: "/etc/subgid",
  engineConfig: HOST_PATHS.engineConfig as string,
};

export async function prepareRootlessEngine(context: DockerContext, facts: RootlessFacts, host = ON_THIS_HOST): Promise<void> {
  const { setup, user, exec } = context;
  const ranges = await subordinateRanges(context, host);
  await maskRootsEngine(context);
  const group = (await succeed(context, "id", "-gn", user.name)).trim();
  for (const file of dockerFiles(setup, { ...facts, user: user.name, uid: user.uid, group })) host.write(file);
  // An image, and the setup script of an earlier attempt, may have one, such as for a mirror of a registry.
  if (!existsSync(host.engineConfig)) host.write({ path: host.engineConfig, mode: 0o644, content: "{}\n" });
  await succeed(context, "systemd-tmpfiles", "--create", TEMPORARY_FILES);
  // Best effort: a kernel may have them built in, or may not need all of them.
  await exec("systemctl", ["restart", "systemd-modules-load.service"], { timeoutMs: PROBE_MS }).catch(() => undefined);
  if (facts.metadataDenied) host.write({ path: HOST_PATHS.metadataFence, mode: 0o644, content: metadataFence(user.uid, ranges) });
  await succeed(context, "systemctl", "daemon-reload");
  if (facts.metadataDenied) {
    await succeed(context, "systemctl", "restart", HOST_UNITS.metadataFence);
    await checkFence(context, facts, ranges);
  }
  await restart(context, HOST_UNITS.docker);
  await awaitEngine(context, HOST_UNITS.docker, HOST_PATHS.engineSocket, host.times);
}

/** Debian's and Ubuntu's useradd gives each new user a range; that of other systems, and a user of the image, may have none. */
async function subordinateRanges(context: DockerContext, host: typeof ON_THIS_HOST): Promise<IdRange[]> {
  const { name, uid } = context.user;
  const files = [
    { path: host.subordinateUids, option: "--add-subuids" },
    { path: host.subordinateGids, option: "--add-subgids" },
  ];
  // usermod refuses its options where the files are missing.
  for (const { path } of files) writeFileSync(path, "", { flag: "a", mode: 0o644 });
  const range = freeRange(...files.map(({ path }) => readFileSync(path, "utf8")));
  for (const { path, option } of files) {
    if (rangesOf(name, uid, readFileSync(path, "utf8")).length > 0) continue;
    if (range === undefined)
      throw new PrepareError(`docker: ${name} has no subordinate uids and none could be added: ${path} has no free ones`);
    const added = await context.exec("usermod", [option, `${range.first}-${range.first + range.count - 1}`, name]);
    if (added.code !== 0)
      throw new PrepareError(`docker: ${name} has no subordinate uids and none could be added: usermod ${option}: ${added.stderr}`);
  }
  return rangesOf(name, uid, readFileSync(host.subordinateUids, "utf8"));
}

async function maskRootsEngine(context: DockerContext): Promise<void> {
  for (const unit of await presentUnits(context, ...ROOTS_ENGINE)) {
    const masked = await context.exec("systemctl", ["mask", "--now", unit], { timeoutMs: PROBE_MS });
    // Refused for a unit in /etc/systemd/system, such as that of a snap.
    if (masked.code !== 0) await succeed(context, "systemctl", "disable", "--now", unit);
    const done = masked.code === 0 ? "masked" : "disabled";
    context.say(`docker: the image's own ${unit} is ${done}: jobs have a rootless engine`);
  }
}

/** As the job's user and as the first and the last user of each range, each from a control group that denies nothing. */
async function checkFence({ exec, user }: DockerContext, { node }: RootlessFacts, ranges: readonly IdRange[]): Promise<void> {
  for (const id of [user.uid, ...ranges.flatMap(({ first, count }) => [first, first + count - 1])]) {
    const identity = ["--reuid", `${id}`, "--regid", `${id}`, "--clear-groups"];
    const { code } = await exec("setpriv", [...identity, node, "-e", PROBE], { timeoutMs: PROBE_MS });
    if (code !== 0)
      throw new PrepareError(
        `docker: uid ${id} reaches the instance's credentials although the packet filter denies it: use an image whose kernel has nf_tables, or set jobsMayUseInstanceRole`,
      );
  }
}
