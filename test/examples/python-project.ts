import { execFile } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import type { ResourceStore } from "../../rehearsal/aws/api";
import { locate } from "../../rehearsal/engine/locate";
import { prepareWorkspace } from "../../rehearsal/engine/workspace";
import { ProviderBackend, type ProviderOptions } from "../../rehearsal/provider/backend";
import { writePluginDir } from "../../rehearsal/provider/plugin-dir";
import { serveProvider } from "../../rehearsal/provider/server";
import { pythonPrograms } from "../contracts/clients/python";
import { installedPackage, ROOT, temporary } from "../package/installed-package";
import type { FakeAutoScaling } from "../rehearsal/provider/fake-auto-scaling";

const run = promisify(execFile);

export interface PythonProject {
  /** @throws with the engine's output in `stderr` */
  drive(operation: "up" | "destroy", overrides?: Record<string, unknown>): Promise<{ outputs: any; changes: Record<string, number> }>;
  close(): Promise<void>;
}

export interface PythonProjectOptions extends Pick<ProviderOptions, "invoke" | "ec2" | "sleep" | "now"> {
  store: ResourceStore;
  autoscaling: FakeAutoScaling;
}

/** Does with Python's Automation API what `deployAndDestroy` does for TypeScript. @param name folder below `examples/` */
export async function pythonProject(context: Mocha.Context, name: string, options: PythonProjectOptions): Promise<PythonProject> {
  const python = await pythonPrograms(context, join(__dirname, "requirements.txt"));
  const { folder, lay } = await installedPackage();
  const dir = temporary(`ci-runners-${name}-`);
  const workDir = join(dir, "work");
  const project = lay(name, join(ROOT, "examples", name));
  // As if npm had installed here what it installed one folder above.
  mkdirSync(join(project, "node_modules"));
  await run("ln", ["-s", join(folder, "node_modules", ".bin"), join(project, "node_modules", ".bin")]);
  const backend = new ProviderBackend({ filesDir: join(dir, "files"), ...options });
  const server = await serveProvider(backend, join(dir, "provider.sock"));
  const { command } = await locate({ progress: (message) => console.error(message) });
  const pluginDir = join(dir, "plugins");
  writePluginDir(pluginDir);
  return {
    async drive(operation, overrides = {}) {
      const { projectName } = prepareWorkspace({ projectDir: project, workDir, stack: "dev", pluginDir, overrides });
      const args = [join(__dirname, "drive.py"), operation, project, workDir, "dev", projectName];
      const { stdout } = await run(join(python, "python"), args, {
        env: {
          ...process.env,
          PATH: [dirname(command.command), dirname(process.execPath), process.env.PATH].join(delimiter),
          PYTHONDONTWRITEBYTECODE: "1",
          PULUMI_BACKEND_URL: `file://${join(workDir, "state")}`,
          PULUMI_CONFIG_PASSPHRASE: "rehearsal",
          PULUMI_SKIP_UPDATE_CHECK: "true",
          PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
          CI_RUNNERS_REHEARSAL_SOCKET: server.socketPath,
        },
        maxBuffer: 1 << 26,
      });
      return JSON.parse(stdout);
    },
    async close() {
      await server.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
