/**
 * Whether an instance of this image can return to the warm pool (renewal.ts). Checked at the installation, before the first job:
 * after it the same would be a job's doing.
 */
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { UNITS } from "../../../contract/actions-runner-pool/host";
import { systemctl } from "../../shared/systemctl";
import { mountsBelow } from "../../shared/mounts";
import { HOME_PATHS, ON_THIS_HOST, type PristineFiles } from "./pristine";
import type { Account } from "../../shared/account";
import { subordinateRanges } from "./user-processes";

export interface ImageFiles extends Pick<PristineFiles, "linger" | "runner"> {
  proc: string;
  passwd: string;
  subordinates: string;
}

const ON_THIS_IMAGE: ImageFiles = { ...ON_THIS_HOST, proc: "/proc", passwd: "/etc/passwd", subordinates: "/etc/subuid" };

const OTHERWISE = "or unset warmPool.reuseOnScaleIn";

/** Rejects where a return could not work, or could not distinguish a job's from the image's. */
export async function checkCanReturn(
  user: string,
  account: Account,
  files: ImageFiles = ON_THIS_IMAGE,
  run: (...args: string[]) => Promise<string> = systemctl,
): Promise<void> {
  checkLingering(user, files);
  checkRunnerFolder(files);
  checkHome(user, account);
  checkSubordinates(user, account, files);
  await checkServices(user, account, run);
}

function checkLingering(user: string, { linger }: ImageFiles): void {
  const lingers = join(linger, user);
  // Its service manager would start what jobs leave there, and in /run, and have its rootless containers run on.
  if (existsSync(lingers))
    throw new Error(
      `runnerUser ${user}: lingers (${lingers}), so that its services run without a job, also those that jobs leave; ` +
        `run "loginctl disable-linger ${user}" on the image, ${OTHERWISE}`,
    );
}

function checkRunnerFolder({ runner, proc }: ImageFiles): void {
  // The folder is replaced as a whole, and only its file system can move it at once.
  const [mount] = mountsBelow([runner], proc);
  if (mount !== undefined)
    throw new Error(`${mount.at}: is a mount point, so ${runner} cannot be replaced at a return; mount nothing there, ${OTHERWISE}`);
  const work = join(runner, "_work");
  // A return deletes it to free space on the file system of the runner, which would delete the link alone.
  if (lstatSync(work, { throwIfNoEntry: false })?.isSymbolicLink())
    throw new Error(`${work}: is a link, so a return cannot free its space; have a folder there, or nothing, ${OTHERWISE}`);
}

/** A return removes and restores them with the user's own rights. */
function checkHome(user: string, { uid, home }: Account): void {
  const present = HOME_PATHS.filter((path) => lstatSync(join(home, path), { throwIfNoEntry: false }) !== undefined);
  const foreign = [...new Set(present.flatMap(parentsOf)), ...present]
    .flatMap((path) => (present.includes(path as (typeof HOME_PATHS)[number]) ? treeOf(join(home, path)) : [join(home, path)]))
    .find((path) => lstatSync(path).uid !== uid);
  if (foreign !== undefined)
    throw new Error(
      `${foreign}: does not belong to runnerUser ${user}, as whom a return replaces it; run "chown ${user}" on it, remove it, ${OTHERWISE}`,
    );
}

/** The folders that lead to a path, `.` first. */
function parentsOf(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [] : [...parentsOf(parent), parent];
}

function treeOf(path: string): string[] {
  if (!lstatSync(path).isDirectory()) return [path];
  return [path, ...readdirSync(path).flatMap((name) => treeOf(join(path, name)))];
}

/** All processes of these uids are killed at a return. */
function checkSubordinates(user: string, { uid }: Account, { passwd, subordinates }: ImageFiles): void {
  const others = readFileSync(passwd, "utf8")
    .split("\n")
    .map((line) => line.split(":"))
    .filter(([, , id]) => id !== undefined && Number(id) !== uid);
  for (const [first, count] of subordinateRanges(user, uid, subordinates)) {
    const [name, , id] = others.find((fields) => Number(fields[2]) >= first && Number(fields[2]) < first + count) ?? [];
    if (name !== undefined)
      throw new Error(
        `${subordinates}: ${user}:${first}:${count} contains uid ${id}, of the user ${name}, whose processes a return would kill; ` +
          `give ${user} a range without users, such as 100000:65536, ${OTHERWISE}`,
      );
  }
}

/** Each return kills them, and where systemd starts them again, the renewal fails. */
async function checkServices(user: string, { uid }: Account, run: (...args: string[]) => Promise<string>): Promise<void> {
  // What systemd has loaded: every enabled unit of the targets that it has started, and by their instances those of templates.
  const shown = await run("show", "*.service", "--property=Id,User,UnitFileState");
  for (const block of shown.split("\n\n")) {
    const field = (name: string) => new RegExp(`^${name}=(.*)$`, "m").exec(block)?.[1] ?? "";
    const enabled = field("UnitFileState").startsWith("enabled");
    if (!enabled || field("Id") === UNITS.runner || ![user, `${uid}`].includes(field("User"))) continue;
    throw new Error(
      `${field("Id")}: runs as runnerUser ${user}, all of whose processes a return kills; give it another User=, disable it, ${OTHERWISE}`,
    );
  }
}
