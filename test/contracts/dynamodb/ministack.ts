import { type ChildProcess, spawn } from "node:child_process";
import { createServer, type AddressInfo } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pythonPrograms } from "../clients/python";

const START_LIMIT_MS = 60_000;

/** Another DynamoDB, which others wrote: ministack, in a process of its own on loopback. */
export interface Ministack {
  endpoint: string;
  stop(): Promise<void>;
}

/** Installs it once, in about 15 s and 90 MB, and starts it. Skips without a suitable Python. */
export async function startMinistack(context: Mocha.Context): Promise<Ministack> {
  const bin = await pythonPrograms(context, join(__dirname, "requirements.txt"));
  const home = mkdtempSync(join(tmpdir(), "ministack-"));
  const port = await freePort();
  const env = { PATH: process.env["PATH"] ?? "", HOME: home, BIND_HOST: "127.0.0.1", GATEWAY_PORT: String(port), SERVICES: "dynamodb" };
  const child = spawn(join(bin, "ministack"), [], { cwd: home, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const exited = new Promise<void>((resolve) => child.on("close", () => resolve()));
  const stop = async () => {
    child.kill("SIGTERM");
    await exited;
    rmSync(home, { recursive: true, force: true });
  };
  const endpoint = `http://127.0.0.1:${port}`;
  try {
    await ready(endpoint, child);
  } catch (error) {
    await stop();
    throw new Error(`${(error as Error).message}:\n${output}`);
  }
  return { endpoint, stop };
}

async function ready(endpoint: string, child: ChildProcess): Promise<void> {
  const giveUp = Date.now() + START_LIMIT_MS;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`ministack ended with status ${child.exitCode}`);
    if (
      await fetch(`${endpoint}/_ministack/health`).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return;
    if (Date.now() > giveUp) throw new Error(`ministack did not answer within ${START_LIMIT_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
