import { readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { DISK_GATE } from "../../contract/persistent-runner/host";
import { DISK_REFUSAL } from "../../contract/persistent-runner/lease";
import { ROOT_VOLUME, shortageOf } from "../../host-config/persistent-runner/agent/gate";

const ROOT = resolve(__dirname, "../..");
const PERSISTENT = "host-config/persistent-runner";

/** The reasons for a failed bootstrap in user data, installer and preparation; variable parts are an ellipsis. */
export function shellReasons(): string[] {
  return [...scriptReasons(), ...prepareReasons((path) => !isPersistent(path))];
}

function scriptReasons(): string[] {
  const scripts = [
    "host-config/actions-runner-pool/user-data.ts",
    "host-config/actions-runner-pool/install.sh",
    "host-config/shared/user-data.ts",
    "host-config/shared/install-runner.sh",
  ].map(read);
  return scripts.flatMap(reasonsOfFail);
}

/** The same of a persistent machine alone: of its scripts, its agent, and its gate of the disks. */
export function persistentReasons(): string[] {
  const source = (file: string) => read(join(PERSISTENT, file));
  const scripts = ["boot-script.ts", "user-data.ts", "install.sh"].flatMap((file) => reasonsOfFail(source(file)));
  const agent = ["order.ts", "runner.ts"].flatMap((file) => reasonsIn(source(`agent/${file}`), file, "Error"));
  const refused = [...source("agent/report.ts").matchAll(/\bfailed\(`([^`]+)`/g)].map(([, text]) => withEllipses(text!));
  return [...scripts, ...agent, ...refused, ...prepareReasons(isPersistent), ...gateReasons()];
}

const isPersistent = (path: string) => path.startsWith("persistent-runner/");

/** One of each kind, with an ellipsis for each number. */
function gateReasons(): string[] {
  const full = { path: ROOT_VOLUME, used: 1, available: 1e15, freeInodes: 99 };
  const disks = [
    { ...full, used: 99 },
    { ...full, freeInodes: 0 },
    { ...full, available: 0 },
  ];
  return disks.map((disk) => `${DISK_REFUSAL}${shortageOf([disk], DISK_GATE)?.text}`.replaceAll(/\d+(\.\d+)?/g, "…"));
}

function reasonsOfFail(script: string): string[] {
  return (
    // A substitution may contain quotes: `$(tail … "$log" …)`.
    [...script.matchAll(/\bfail "((?:\$\([^\n]*\)|[^"])+)"/g)].map(([, text]) => text!.replaceAll(/\$\(.*\)|\$\w+/g, "…"))
  );
}

/** Of each `new PrepareError(…)` in such files, whose text must be written there. */
function prepareReasons(isMeant: (path: string) => boolean): string[] {
  const files = readdirSync(join(ROOT, "host-config"), { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
  return files.filter(isMeant).flatMap((path) => reasonsIn(read(join("host-config", path)), path));
}

export function reasonsIn(source: string, path: string, error: "PrepareError" | "Error" = "PrepareError"): string[] {
  const calls = source.split(new RegExp(`\\bnew ${error}\\(\\s*`)).slice(1);
  return calls.map((rest) => {
    const [, quoted, template] = /^(?:"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`)/.exec(rest) ?? [];
    const text = quoted ?? template;
    if (text === undefined) throw new Error(`${path}: a ${error} without its text: ${rest.slice(0, 60)}`);
    return withEllipses(text).replaceAll('\\"', '"');
  });
}

function withEllipses(template: string): string {
  return template.replaceAll(/\$\{[^}]*\}/g, "…");
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}
