import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { LocalWorkspace, type OutputMap, type PulumiCommand, type Stack } from "@pulumi/pulumi/automation";
import { writePluginDir } from "../provider/plugin-dir";
import { useOwnConnections } from "./own-connections";
import { freshProgram } from "./program";
import { ProgramCompletion } from "./program-completion";
import { ProgramErrors } from "./program-errors";
import { withQuietStacks } from "./quiet-stacks";
import { countChanged, EngineError, Recorder, type OperationResult, type RefreshResult, type Step } from "./result";
import { readResources, stateFile } from "./state-file";
import { prepareWorkspace, type ConfigOverrides } from "./workspace";

/** Protects nothing: the state of a rehearsal is discarded with its folder. */
const PASSPHRASE = "rehearsal";
const IN_EVERY_STACK = /^(pulumi:pulumi:Stack|pulumi:providers:.*)$/;

export interface StackOptions {
  /** `dev` reads `Pulumi.dev.yaml`. */
  stack: string;
  /** Folder of `Pulumi.yaml` and the program; read only. */
  projectDir: string;
  /** Folder of `Pulumi.<stack>.yaml`. Default: `projectDir`. */
  stackDir?: string;
  /** Holds the state, the plugins and the engine's home. Opening the same folder again continues with its state. */
  workDir: string;
  /** Where `serveProvider` listens. */
  socketPath: string;
  pulumi: PulumiCommand;
  /** Configuration that overrides the stack's, by key; a key without a namespace belongs to the project, and null removes one. */
  configOverrides?: ConfigOverrides;
  /** Default: the project's `index.ts`, evaluated anew for each operation. */
  program?: () => Promise<Record<string, unknown> | void>;
  /** How that program's components wait between two lookups. Default: on the wall clock. */
  pause?: (milliseconds: number) => Promise<void>;
  /** Called for each resource when the engine begins its step. */
  onStep?: (operation: string, step: Step) => void;
}

export interface RunOptions {
  /** Interrupts the engine, which finishes the steps in progress and exits. */
  signal?: AbortSignal;
}

export interface StackHandle {
  preview(options?: RunOptions): Promise<OperationResult>;
  up(options?: RunOptions): Promise<OperationResult>;
  refresh(options?: RunOptions): Promise<RefreshResult>;
  destroy(options?: RunOptions): Promise<OperationResult>;
  outputs(): Promise<OutputMap>;
  /** Resources in the stack, without the stack itself and its providers. */
  resources(): Promise<StackResource[]>;
}

export interface StackResource {
  urn: string;
  type: string;
  id?: string;
  inputs: Record<string, any>;
  outputs: Record<string, any>;
}

/** Opens a project's stack on the real engine, with the rehearsal's providers in place of `aws` and `awsx`. */
export async function openStack(options: StackOptions): Promise<StackHandle> {
  const { stack: stackName, projectDir, stackDir, workDir, pulumi } = options;
  const pluginDir = join(workDir, "plugins");
  writePluginDir(pluginDir);
  useOwnConnections();
  const { projectName } = prepareWorkspace({
    projectDir,
    workDir,
    stack: stackName,
    stackDir,
    pluginDir,
    overrides: options.configOverrides ?? {},
  });
  const ends = new ProgramCompletion();
  const program = ends.watch(options.program ?? freshProgram(projectDir, { pause: options.pause }));
  const home = join(workDir, "home");
  mkdirSync(home, { recursive: true });
  const stateDir = join(workDir, "state");
  const state = stateFile(stateDir, projectName, stackName);
  // Choose here: the Automation API would find out by letting one engine run fail.
  const open = existsSync(state) ? LocalWorkspace.selectStack : LocalWorkspace.createStack;
  const stack = await open.call(
    LocalWorkspace,
    { stackName, projectName, program: program as () => Promise<Record<string, unknown>> },
    {
      workDir,
      pulumiCommand: pulumi,
      pulumiHome: home,
      envVars: {
        PULUMI_BACKEND_URL: `file://${stateDir}`,
        PULUMI_DIY_BACKEND_GZIP: "false",
        PULUMI_CONFIG_PASSPHRASE: PASSPHRASE,
        PULUMI_SKIP_UPDATE_CHECK: "true",
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
        CI_RUNNERS_REHEARSAL_SOCKET: options.socketPath,
      },
    },
  );
  return new OpenStack(stack, options, state, ends);
}

/** Options common to all operations of the Automation API. */
interface CommonOptions {
  signal: AbortSignal;
  color: "never";
  onEvent: Recorder["add"];
  onOutput: (text: string) => void;
}

class OpenStack implements StackHandle {
  private readonly allOutputs: Stack["outputs"];

  constructor(
    private readonly stack: Stack,
    private readonly options: StackOptions,
    private readonly state: string,
    private readonly ends: ProgramCompletion,
  ) {
    this.allOutputs = stack.outputs.bind(stack);
    // After each operation the Automation API asks the engine three times for outputs and history, which are not used
    // here: 1 s of key derivation each, on every operation of a rehearsal.
    stack.outputs = async () => ({});
    stack.info = async () => undefined;
  }

  preview({ signal }: RunOptions = {}): Promise<OperationResult> {
    return this.ends.expect("preview", () => this.run("preview", signal, (common) => this.stack.preview(common)));
  }

  up({ signal }: RunOptions = {}): Promise<OperationResult> {
    return this.ends.expect("up", () => this.run("up", signal, (common) => this.stack.up(common)));
  }

  refresh({ signal }: RunOptions = {}): Promise<RefreshResult> {
    return this.run("refresh", signal, (common) => this.stack.refresh(common));
  }

  destroy({ signal }: RunOptions = {}): Promise<OperationResult> {
    return this.run("destroy", signal, (common) => this.stack.destroy(common));
  }

  outputs(): Promise<OutputMap> {
    return this.allOutputs();
  }

  async resources(): Promise<StackResource[]> {
    const resources: StackResource[] = readResources(this.state) ?? (await this.stack.exportStack()).deployment?.resources ?? [];
    return resources.filter(({ type }) => !IN_EVERY_STACK.test(type));
  }

  private async run(
    operation: string,
    callerSignal: AbortSignal | undefined,
    act: (common: CommonOptions) => Promise<unknown>,
  ): Promise<RefreshResult> {
    const recorder = new Recorder((step) => this.options.onStep?.(operation, step));
    const program = new ProgramErrors();
    const signal = AbortSignal.any([program.signal, ...(callerSignal ? [callerSignal] : [])]);
    let output = "";
    const began = Date.now();
    try {
      await withQuietStacks(() => act({ signal, color: "never", onEvent: recorder.add, onOutput: (text) => (output += text) }));
    } catch (error) {
      const diagnostics = program.any ? program.diagnostics() : recorder.diagnostics;
      throw new EngineError(operation, diagnostics, `${output}\n${(error as Error).message}`);
    } finally {
      program.release();
    }
    const wallMs = Date.now() - began;
    const { changes, seconds, diagnostics, drift } = recorder;
    // Without the summary the outcome is unknown, and an empty count would read as "nothing changed".
    if (!changes) throw new EngineError(operation, [], "the engine exited without its summary of changes");
    return {
      changes,
      changed: countChanged(changes),
      steps: [...recorder.steps.values()],
      seconds,
      wallMs,
      resources: (await this.resources()).length,
      diagnostics,
      drift: operation === "refresh" ? drift : [],
    };
  }
}
