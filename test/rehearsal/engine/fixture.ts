import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemoryStore } from "../../../rehearsal/aws/store";
import { openStack, type StackHandle, type StackOptions } from "../../../rehearsal/engine/engine";
import { locate } from "../../../rehearsal/engine/locate";
import { ProviderBackend, type ProviderOptions } from "../../../rehearsal/provider/backend";
import { serveProvider, type ProviderServer } from "../../../rehearsal/provider/server";
import { FakeAutoScaling } from "../provider/fake-auto-scaling";

/** Milliseconds for a test that runs the real engine several times on a busy machine with two cores. */
export const ENGINE_TEST_TIMEOUT = 900_000;

/** A project in a temporary folder, the provider behind a socket, and the real engine. */
export class Rig {
  readonly store = new MemoryStore();
  readonly autoscaling = new FakeAutoScaling();
  readonly dir = mkdtempSync(join(tmpdir(), "ci-runners-"));
  readonly backend: ProviderBackend;
  private server: ProviderServer | undefined;

  constructor(options: Partial<ProviderOptions> = {}) {
    this.backend = new ProviderBackend({
      store: this.store,
      autoscaling: this.autoscaling,
      filesDir: join(this.dir, "files"),
      sleep: () => new Promise((resolve) => setTimeout(resolve, 20)),
      ...options,
    });
  }

  /** Writes a project with one stack, `test`. */
  writeProject(files: Record<string, string> = {}): string {
    writeFileSync(join(this.dir, "Pulumi.yaml"), "name: tiny\nruntime: nodejs\n");
    writeFileSync(join(this.dir, "Pulumi.test.yaml"), "config:\n  aws:region: eu-west-1\n");
    for (const [name, content] of Object.entries(files)) writeFileSync(join(this.dir, name), content);
    return this.dir;
  }

  async open(options: Partial<StackOptions> = {}): Promise<StackHandle> {
    this.server ??= await serveProvider(this.backend, join(this.dir, "provider.sock"));
    const { command } = await locate({ progress: (message) => console.error(message) });
    return openStack({
      stack: "test",
      projectDir: this.dir,
      workDir: join(this.dir, "work"),
      socketPath: this.server.socketPath,
      pulumi: command,
      ...options,
    });
  }

  async close(): Promise<void> {
    await this.server?.close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
