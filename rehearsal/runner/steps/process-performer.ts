import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Annotation } from "../../github/messages";
import { invoke } from "../program/invoke";
import { checkout } from "./checkout";
import { readPairs, readPaths, readVariables } from "./command-files";
import { type Command, CommandReader, Lines } from "./commands";
import { hashFiles } from "./hash-files";
import type { Masks } from "./masks";
import type { CheckoutCall, FunctionCall, NodeCall, Performer, ScriptCall, StepReply } from "./performer";
import type { Files, Json, PlannedAction } from "./plan";
import { shellOf } from "./shells";
import { writeTree } from "./trees";

export interface ProcessPerformerOptions {
  folders: { workspace: string; temp: string; tools: string; actions: string };
  /** Of every process, below what the job itself sets: PATH, HOME. */
  environment: Record<string, string | undefined>;
  runnerName: string;
  /** Program that runs the code of actions. */
  node: string;
  checkout: Files;
  event: Json;
  masks: Masks;
  log: (line: string) => void;
  /** An `error`, `warning` or `notice` command of a step. */
  annotate?: (message: string, level: Annotation["level"]) => void;
  /** Put before every command, such as the entry into a network namespace. */
  prefix?: readonly string[];
  /** Functions in the place of actions; absent: the runner is another process, which has none. */
  functions?: (call: FunctionCall, log: (line: string) => void, stop: AbortSignal) => Promise<StepReply>;
}

/** GitHub's levels of annotations, by command. */
const LEVELS = { error: "failure", warning: "warning", notice: "notice" } as const;

type Parts = "GITHUB_ENV" | "GITHUB_OUTPUT" | "GITHUB_PATH" | "GITHUB_STATE" | "GITHUB_STEP_SUMMARY";
const PARTS: readonly Parts[] = ["GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"];

/** Runs steps as processes, with the files and output commands of the official runner. */
export class ProcessPerformer implements Performer {
  readonly runner: { [key: string]: Json };
  readonly workspace: string;
  private readonly unpacked = new Map<string, string>();
  private readonly eventFile: string;

  constructor(private readonly options: ProcessPerformerOptions) {
    const { folders } = options;
    this.workspace = folders.workspace;
    for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true });
    this.runner = {
      name: options.runnerName,
      os: "Linux",
      arch: process.arch === "arm64" ? "ARM64" : "X64",
      temp: folders.temp,
      tool_cache: folders.tools,
    };
    this.eventFile = join(folders.temp, "_github_workflow", "event.json");
    mkdirSync(join(folders.temp, "_github_workflow"), { recursive: true });
    writeFileSync(this.eventFile, `${JSON.stringify(options.event, null, 2)}\n`);
  }

  async script(call: ScriptCall, stop: AbortSignal): Promise<StepReply> {
    const { extension, command } = shellOf(call.shell);
    const file = join(this.options.folders.temp, `${randomUUID()}${extension}`);
    writeFileSync(file, `${call.script.replaceAll("\r\n", "\n")}\n`, { mode: 0o755 });
    const cwd = resolve(this.workspace, call.workingDirectory ?? "");
    if (!existsSync(cwd)) throw new Error(`An error occurred trying to start process: no such directory '${cwd}'`);
    return this.spawn(
      command.map((part) => part.replaceAll("{0}", file)),
      cwd,
      call,
      stop,
    );
  }

  node(call: NodeCall, stop: AbortSignal): Promise<StepReply> {
    const program = resolve(this.folderOf(call.action), call.program);
    if (!existsSync(program)) throw new Error(`File not found: '${program}'`);
    return this.spawn([this.options.node, program], this.workspace, call, stop);
  }

  act(call: FunctionCall, stop: AbortSignal): Promise<StepReply> {
    const { functions, log, masks } = this.options;
    if (!functions)
      throw new Error(`uses: ${call.reference}: its stand-in is a function, which a machine cannot call; give a tree instead`);
    return functions(call, (line) => log(masks.apply(line)), stop);
  }

  async checkout({ inputs, environment }: CheckoutCall): Promise<StepReply> {
    const { GITHUB_REPOSITORY: repository, GITHUB_REF = "", GITHUB_REF_NAME = "", GITHUB_SHA = "" } = environment;
    const github = { repository, refs: [GITHUB_REF, GITHUB_REF_NAME, GITHUB_SHA] };
    await checkout(this.options.checkout, inputs, this.workspace, github, environment.PATH ?? this.options.environment.PATH);
    return { code: 0 };
  }

  folderOf(action: Extract<PlannedAction, { kind: "local" | "remote" }>): string {
    if (action.kind === "local") {
      const folder = join(this.workspace, action.path);
      if (["action.yml", "action.yaml"].some((name) => existsSync(join(folder, name)))) return folder;
      throw new Error(
        `Can't find 'action.yml', 'action.yaml' or 'Dockerfile' under '${folder}'. Did you forget to run actions/checkout before running your local action?`,
      );
    }
    const key = `${action.repository}@${action.ref}`;
    let root = this.unpacked.get(key);
    if (root === undefined) {
      root = join(this.options.folders.actions, action.repository.replaceAll("/", "_"), action.ref.replaceAll("/", "_"));
      this.unpacked.set(key, root);
      // A machine that persists may have an older tree of the same name, such as that of a branch.
      rmSync(root, { recursive: true, force: true });
    }
    const folder = join(root, action.path);
    if (!existsSync(folder)) writeTree(action.files, root);
    return folder;
  }

  hashFiles(patterns: readonly string[]): string {
    return hashFiles(this.workspace, patterns);
  }

  log(line: string): void {
    this.options.log(this.options.masks.apply(line));
  }

  private async spawn(command: string[], cwd: string, call: ScriptCall | NodeCall, stop: AbortSignal): Promise<StepReply> {
    const files = this.openFiles();
    const state: Record<string, string> = {};
    const outputs: Record<string, string> = {};
    const commands = new CommandReader();
    const lines = () => new Lines((line) => this.take(line, commands, outputs, state));
    const [out, err] = [lines(), lines()];
    const base = this.options.environment;
    const environment = {
      ...base,
      ...call.environment,
      GITHUB_EVENT_PATH: this.eventFile,
      ...files,
      PATH: [...call.paths, call.environment.PATH ?? base.PATH ?? ""].join(":"),
    };
    const [file = "", ...args] = [...(this.options.prefix ?? []), ...command];
    const code = await invoke({
      file,
      arguments: args,
      cwd,
      environment,
      cancel: stop,
      output: (text, stream) => (stream === "stderr" ? err : out).add(text),
    });
    out.end();
    err.end();
    return this.collect(code, files, outputs, state);
  }

  private openFiles(): Record<Parts, string> {
    const folder = join(this.options.folders.temp, "_runner_file_commands");
    mkdirSync(folder, { recursive: true });
    const id = randomUUID();
    const files = Object.fromEntries(PARTS.map((part) => [part, join(folder, `${part.slice("GITHUB_".length).toLowerCase()}_${id}`)]));
    for (const file of Object.values(files)) writeFileSync(file, "");
    return files as Record<Parts, string>;
  }

  private collect(code: number, files: Record<Parts, string>, outputs: Record<string, string>, state: Record<string, string>): StepReply {
    const read = (part: Parts) => (existsSync(files[part]) ? readFileSync(files[part], "utf8") : "");
    try {
      return {
        code,
        outputs: { ...outputs, ...Object.fromEntries(readPairs(read("GITHUB_OUTPUT"), "output")) },
        state: { ...state, ...Object.fromEntries(readPairs(read("GITHUB_STATE"), "state")) },
        variables: readVariables(read("GITHUB_ENV")),
        paths: readPaths(read("GITHUB_PATH")),
      };
    } catch (error) {
      return { code: code === 0 ? 1 : code, outputs, state, error: (error as Error).message };
    }
  }

  private take(line: string, commands: CommandReader, outputs: Record<string, string>, state: Record<string, string>): void {
    const command = commands.read(line);
    // First: a command that masks a value contains it.
    if (command) this.obey(command, outputs, state);
    this.log(line);
  }

  private obey({ name, properties, data }: Command, outputs: Record<string, string>, state: Record<string, string>): void {
    if (name === "add-mask") this.options.masks.add(data);
    else if (name === "set-output" && properties.name) outputs[properties.name] = data;
    else if (name === "save-state" && properties.name) state[properties.name] = data;
    else if (Object.hasOwn(LEVELS, name)) this.options.annotate?.(this.options.masks.apply(data), LEVELS[name as keyof typeof LEVELS]);
  }
}
