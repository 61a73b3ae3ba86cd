import { execFile, spawn } from "node:child_process";
import { mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { ENGINE_VERSION } from "./cache";

const run = promisify(execFile);

/** The oldest Go that go.mod allows; an older one would download a newer toolchain. */
const MINIMUM_GO: [major: number, minor: number] = [1, 25];
const PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi";
/** Without this flag the engine reports no version and the Automation API refuses it. */
const VERSION_FLAG = `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${ENGINE_VERSION}`;
/** Approximate number of packages in the engine; progress is measured against it. */
const PACKAGES = 1_640;

/** Why Go cannot build the engine here, or undefined when it can. */
export async function goProblem(): Promise<string | undefined> {
  try {
    const { stdout } = await run("go", ["env", "GOVERSION"]);
    const [, major, minor] = /go(\d+)\.(\d+)/.exec(stdout) ?? [];
    const newEnough = Number(major) > MINIMUM_GO[0] || (Number(major) === MINIMUM_GO[0] && Number(minor) >= MINIMUM_GO[1]);
    return newEnough ? undefined : `Go is ${stdout.trim()}, ${MINIMUM_GO.join(".")} or newer is needed`;
  } catch {
    return "Go is not on PATH";
  }
}

/** Builds the engine from its Go module as pinned in this folder's go.mod and go.sum; moves it into place when complete. */
export async function buildEngine(target: string, progress: (message: string) => void): Promise<void> {
  const unfinished = `${target}.${process.pid}`;
  mkdirSync(dirname(target), { recursive: true });
  const began = Date.now();
  const seconds = () => Math.round((Date.now() - began) / 1000);
  progress(`engine: building Pulumi ${ENGINE_VERSION} from its Go module; later runs reuse it (about 4 min)`);
  try {
    let compiled = 0;
    const ticker = setInterval(() => {
      const share = compiled === 0 ? "downloading modules" : `${Math.min(99, Math.round((100 * compiled) / PACKAGES))} %`;
      progress(`engine: ${share}, ${seconds()} s`);
    }, 10_000);
    try {
      await go(["build", "-v", "-mod=readonly", "-ldflags", `-s -w ${VERSION_FLAG}`, "-o", unfinished, PACKAGE], (line) => {
        if (!line.startsWith("go: ")) compiled += 1;
      });
    } finally {
      clearInterval(ticker);
    }
    renameSync(unfinished, target);
    progress(`engine: built in ${seconds()} s`);
  } finally {
    rmSync(unfinished, { force: true });
  }
}

function go(args: string[], onLine: (line: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn("go", args, {
      cwd: join(__dirname),
      env: { ...process.env, GOFLAGS: "", GOWORK: "off" },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const last: string[] = [];
    createInterface({ input: child.stderr }).on("line", (line) => {
      last.push(line);
      if (last.length > 20) last.shift();
      onLine(line);
    });
    const stop = () => child.kill();
    process.once("exit", stop);
    child.on("error", reject);
    child.on("close", (code) => {
      process.removeListener("exit", stop);
      if (code === 0) resolve();
      else reject(new Error(`go ${args[0]} failed for the engine (exit code ${code}):\n${last.join("\n")}`));
    });
  });
}
