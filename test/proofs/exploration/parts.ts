/** The real functions under exploration, loaded from their sources unchanged or with small substitutions (a mutant). */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, sep } from "node:path";
import ts from "typescript";
import { Replay } from "./replay";

const ROOT = join(__dirname, "../../..");
const FOLDERS = ["host-config", "functions"].map((folder) => join(ROOT, folder) + sep);
const local = createRequire(__filename);

type Agent<M extends string> = M extends "steps" ? typeof import("../../../host-config/actions-runner-pool/agent/drain-steps") : never;

export interface Parts {
  beginDrain: Agent<"steps">["beginDrain"];
  nextStep: Agent<"steps">["nextStep"];
  perform: typeof import("../../../host-config/actions-runner-pool/agent/drain").perform;
  complete: typeof import("../../../host-config/actions-runner-pool/agent/complete").complete;
  reap: typeof import("../../../host-config/actions-runner-pool/agent/reap").reap;
  heartbeat: typeof import("../../../host-config/actions-runner-pool/agent/heartbeat").heartbeat;
  Daemon: typeof import("../../../host-config/actions-runner-pool/agent/daemon").Daemon;
  handleTerminating: typeof import("../../../functions/actions-runner-pool/deregister/terminating").handleTerminating;
  handleTerminated: typeof import("../../../functions/actions-runner-pool/deregister/terminated").handleTerminated;
  sweepRetained: typeof import("../../../functions/actions-runner-pool/sweep/retained").sweepRetained;
  sweepOrphanRunners: typeof import("../../../functions/actions-runner-pool/sweep/orphan-runners").sweepOrphanRunners;
  GroupHistory: typeof import("../../../functions/actions-runner-pool/sweep/history").GroupHistory;
  replay: Replay;
}

export interface Substitution {
  /** Relative to the repository's root. */
  file: string;
  /** Occurs exactly once in it. */
  from: string;
  to: string;
}

/** Loads fresh copies of the modules, so that mutants are isolated. */
export function loadParts(...substitutions: Substitution[]): Parts {
  const kept = Object.entries(local.cache).filter(([path]) => ours(path));
  const compile = local.extensions[".ts"]!;
  for (const [path] of kept) delete local.cache[path];
  local.extensions[".ts"] = (module, path) => {
    const mine = substitutions.filter(({ file }) => join(ROOT, file) === path);
    if (mine.length === 0) return compile(module, path);
    const code = mine.reduce(substitute, readFileSync(path, "utf8"));
    const options: ts.CompilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true };
    (module as unknown as { _compile(code: string, path: string): void })._compile(
      ts.transpileModule(code, { compilerOptions: options, fileName: path }).outputText,
      path,
    );
  };
  try {
    return load();
  } finally {
    local.extensions[".ts"] = compile;
    for (const path of Object.keys(local.cache)) if (ours(path)) delete local.cache[path];
    for (const [path, module] of kept) local.cache[path] = module;
  }
}

const ours = (path: string) => FOLDERS.some((folder) => path.startsWith(folder));

/** @throws when the code no longer has the text. Reads the file alone: in a second, before minutes of exploration. */
export function checkApplies(substitution: Substitution): void {
  substitute(readFileSync(join(ROOT, substitution.file), "utf8"), substitution);
}

function substitute(code: string, { file, from, to }: Substitution): string {
  assert.equal(code.split(from).length, 2, `${file} no longer has exactly one "${from}": adapt the mutant`);
  return code.replace(from, () => to);
}

function load(): Parts {
  const agent = (name: string) => local(join(ROOT, "host-config/actions-runner-pool/agent", name));
  const functions = (name: string) => local(join(ROOT, "functions/actions-runner-pool", name));
  const { beginDrain, nextStep } = agent("drain-steps");
  return {
    beginDrain,
    nextStep,
    perform: agent("drain").perform,
    complete: agent("complete").complete,
    reap: agent("reap").reap,
    heartbeat: agent("heartbeat").heartbeat,
    Daemon: agent("daemon").Daemon,
    handleTerminating: functions("deregister/terminating").handleTerminating,
    handleTerminated: functions("deregister/terminated").handleTerminated,
    sweepRetained: functions("sweep/retained").sweepRetained,
    sweepOrphanRunners: functions("sweep/orphan-runners").sweepOrphanRunners,
    GroupHistory: functions("sweep/history").GroupHistory,
    replay: new Replay(),
  };
}
