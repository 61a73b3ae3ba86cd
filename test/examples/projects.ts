import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import * as ts from "typescript";
import { MemoryStore } from "../../rehearsal/cloud/store";
import { openStack } from "../../rehearsal/engine/engine";
import { locate } from "../../rehearsal/engine/locate";
import { ProviderBackend, type ProviderOptions } from "../../rehearsal/provider/backend";
import { serveProvider } from "../../rehearsal/provider/server";
import { FakeAutoScaling } from "../rehearsal/provider/fake-auto-scaling";

export const ROOT = resolve(__dirname, "../..");
export const EXAMPLES = join(ROOT, "examples");

/** Folders of examples in TypeScript; the others have tests of their own. */
export const typescriptExamples = (): string[] => exampleFolders().filter((name) => existsSync(join(EXAMPLES, name, "index.ts")));

export const exampleFolders = (): string[] =>
  readdirSync(EXAMPLES, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();

export const read = (name: string, file: string): string => readFileSync(join(EXAMPLES, name, file), "utf8");

/** Lays projects out as `npm install` leaves them: the packages beside, the program a copy, far from the repository. */
export class Projects {
  readonly dir = mkdtempSync(join(tmpdir(), "examples-"));

  constructor() {
    const modules = join(this.dir, "node_modules");
    mkdirSync(modules);
    symlinkSync(ROOT, join(modules, "ci-runners"));
    for (const name of ["@pulumi", "@types"]) symlinkSync(join(ROOT, "node_modules", name), join(modules, name));
  }

  copy(name: string): string {
    const to = join(this.dir, name);
    cpSync(join(EXAMPLES, name), to, { recursive: true });
    return to;
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** What the compiler says of these programs, with the options of an example. */
export function complaints(projectDir: string, files: string[]): string[] {
  const config = join(projectDir, "tsconfig.json");
  const { options, errors } = ts.parseJsonConfigFileContent(ts.readConfigFile(config, ts.sys.readFile).config, ts.sys, projectDir);
  const found = [...errors, ...ts.getPreEmitDiagnostics(ts.createProgram(files, options))];
  return found.map(({ file, messageText }) => `${file?.fileName ?? config}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`);
}

export interface Deployed {
  /** How many resources the engine counts, the stack and its providers left out. */
  count: number;
  outputs: Record<string, any>;
  of(type: string): Record<string, any>[];
  /** What the second `up` changed. */
  changedAgain: number;
  /** What was there after `destroy`. */
  left: string[];
}

/** Deploys a project's stack `dev` by the real engine over the rehearsal's provider, once more, and destroys it. */
export async function deployAndDestroy(projectDir: string, facts: ProviderOptions["facts"]): Promise<Deployed> {
  const work = mkdtempSync(join(tmpdir(), "example-stack-"));
  const store = new MemoryStore();
  const autoscaling = new FakeAutoScaling();
  const backend = new ProviderBackend({
    store,
    autoscaling,
    filesDir: join(work, "files"),
    facts,
    sleep: () => new Promise((done) => setTimeout(done, 20)),
    invoke: async () => ({ result: null }),
  });
  const server = await serveProvider(backend, join(work, "provider.sock"));
  try {
    const { command } = await locate({ progress: (message) => console.error(message) });
    const stack = await openStack({ stack: "dev", projectDir, workDir: work, socketPath: server.socketPath, pulumi: command });
    const up = await stack.up();
    const outputs = Object.fromEntries(Object.entries(await stack.outputs()).map(([key, { value }]) => [key, value]));
    const made = structuredClone(store.all());
    const { changed } = await stack.up();
    await stack.destroy();
    return {
      count: up.resources,
      outputs,
      of: (type) => made.filter((resource) => resource.type === type).map(({ state }) => state),
      changedAgain: changed,
      left: [...store.all().map(({ type, id }) => `${type} ${id}`), ...autoscaling.groups.keys()],
    };
  } finally {
    await server.close();
    rmSync(work, { recursive: true, force: true });
  }
}
