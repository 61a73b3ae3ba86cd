import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import { RealClock } from "../../../rehearsal/clock";
import {
  type Availability,
  cleanUpDeadRuns,
  containersAvailable,
  openRun,
  openSystemdHosts,
  systemdHostsAvailable,
  type OpenedHosts,
  type OpenOptions,
  type Run,
} from "../../../rehearsal/hosts/systemd";
import { cgroupMounts } from "../../../rehearsal/hosts/systemd/cgroups";
import { Timeline } from "../../../rehearsal/timeline";

/** Skips the suite with one line if machines cannot run here; fails it if CI_RUNNERS_REQUIRE_SYSTEMD=1. */
export function needSystemd(context: Mocha.Context): void {
  need(context, systemdHostsAvailable());
}

/** The same for machines in which containers can run. */
export function needContainers(context: Mocha.Context): void {
  need(context, containersAvailable());
}

function need(context: Mocha.Context, available: Availability): void {
  if (available.ok) return;
  if (process.env.CI_RUNNERS_REQUIRE_SYSTEMD === "1") assert.fail(`CI_RUNNERS_REQUIRE_SYSTEMD=1, but ${available.reason}`);
  console.log(`    skipped: ${available.reason}`);
  context.skip();
}

/** Writes a certificate authority and a leaf certificate for the names to `dir`. */
export function certificates(dir: string, names: string[]): string {
  mkdirSync(dir, { recursive: true });
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: dir, stdio: "pipe" });
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-x509", "-days", "2"];
  openssl("req", ...curve, "-keyout", "ca-key.pem", "-out", "ca.pem", "-subj", "/CN=Test authority");
  const alternatives = `subjectAltName=${names.map((name) => `DNS:${name}`).join(",")}`;
  const signed = ["-CA", "ca.pem", "-CAkey", "ca-key.pem", "-addext", alternatives, "-addext", "basicConstraints=critical,CA:FALSE"];
  openssl("req", ...curve, ...signed, "-keyout", "leaf-key.pem", "-out", "leaf.pem", "-subj", `/CN=${names[0]}`);
  return dir;
}

interface Seen {
  method: string;
  url: string;
  headers: http.IncomingHttpHeaders;
  body: string;
}

export interface Rig extends OpenedHosts {
  run: Run;
  timeline: Timeline;
  seen: Seen[];
  end(): Promise<void>;
}

export const HOST_NAMES = ["autoscaling.eu-west-1.amazonaws.com", "api.github.com"];

/** Machines with a front end that answers every request with its source address. */
export async function openRig(more: Partial<OpenOptions> = {}): Promise<Rig> {
  await cleanUpDeadRuns();
  const run = openRun();
  const timeline = new Timeline(Date.now);
  const seen: Seen[] = [];
  const front = http.createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      seen.push({ method: request.method!, url: request.url!, headers: request.headers, body });
      response.end(`you are ${request.headers["x-rehearsal-source-ip"]}\n`);
    });
  });
  const socket = join(run.dir, "front.sock");
  await new Promise<void>((resolve) => front.listen(socket, resolve));
  const opened = await openSystemdHosts({
    run,
    socket,
    certificatesDir: certificates(join(run.dir, "certificates"), HOST_NAMES),
    hostnames: () => HOST_NAMES,
    timeline,
    clock: new RealClock(),
    progress: (line) => console.log(`    ${line}`),
    ...more,
  });
  const end = async () => {
    await opened.close();
    front.closeAllConnections();
    await new Promise((resolve) => front.close(resolve));
    await run.close();
  };
  return { ...opened, run, timeline, seen, end };
}

export async function until(what: string, condition: () => boolean | Promise<boolean>, seconds = 30): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await condition())) {
    if (Date.now() > deadline) assert.fail(`not within ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** What is left of a run or a machine on this host: processes, mounts, control groups, directories. */
export function traces(mark: string): string[] {
  const found: string[] = [];
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
    const line = quietly(() => readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " "));
    const cgroup = quietly(() => readFileSync(`/proc/${pid}/cgroup`, "utf8"));
    // A process without a command line has ended: the kernel is removing it, or it is a zombie.
    if (!line) continue;
    if (line.includes(mark) || cgroup?.includes(mark)) found.push(`process ${pid}: ${line}`);
  }
  for (const line of readFileSync("/proc/self/mounts", "utf8").split("\n")) if (line.includes(mark)) found.push(`mount ${line}`);
  const mounts = cgroupMounts()!;
  for (const root of [mounts.unified, mounts.legacy]) {
    if (root) for (const path of groups(root)) if (path.includes(mark)) found.push(`control group ${path}`);
  }
  for (const dir of ["/run/netns", "/run/ci-runners-rehearsal", "/run/systemd/nspawn", "/run/systemd/nspawn/propagate", "/tmp"]) {
    if (existsSync(dir)) for (const name of readdirSync(dir)) if (name.includes(mark)) found.push(`${dir}/${name}`);
  }
  return found;
}

/** Tolerates control groups that disappear during the walk. */
function groups(root: string): string[] {
  const below = quietly(() => readdirSync(root, { withFileTypes: true })) ?? [];
  return [root, ...below.filter((entry) => entry.isDirectory()).flatMap((entry) => groups(join(root, entry.name)))];
}

function quietly<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
