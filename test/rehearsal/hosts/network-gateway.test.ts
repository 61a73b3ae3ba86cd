import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import http from "node:http";
import { join } from "node:path";
import { openGateway, type NetworkGateway } from "../../../rehearsal/hosts/network-gateway";
import { openMachineNetwork, type MachineNetwork } from "../../../rehearsal/hosts/network";
import { openRun, type Run } from "../../../rehearsal/hosts/systemd";
import { HOST_NAMES, certificates, needSystemd, until } from "./rig";

describe("the gateway between machines and stand-ins", () => {
  let run: Run;
  let network: MachineNetwork;
  let gateway: NetworkGateway;
  let front: http.Server;
  let answer: http.RequestListener;
  const deaths: string[] = [];

  const curl = (...args: string[]) => {
    const resolve = HOST_NAMES.flatMap((name) => ["--resolve", `${name}:443:${gateway.address}`]);
    const command = [
      "--target",
      String(network.holder),
      "--net",
      "curl",
      "-sS",
      "--max-time",
      "20",
      "--cacert",
      join(run.dir, "ca.pem"),
      ...resolve,
      ...args,
    ];
    return spawn("nsenter", command, { stdio: ["ignore", "pipe", "inherit"] });
  };
  const text = async (...args: string[]) => {
    const child = curl(...args);
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (out += chunk));
    await once(child, "close");
    return out;
  };
  const listen = () => {
    front = http.createServer((request, response) => answer(request, response));
    return new Promise<void>((resolve) => front.listen(join(run.dir, "front.sock"), resolve));
  };
  const stopListening = () => {
    front.closeAllConnections();
    return new Promise((resolve) => front.close(resolve));
  };

  before(async function () {
    needSystemd(this);
    run = openRun();
    certificates(run.dir, HOST_NAMES);
    network = await openMachineNetwork();
    const onDeath = (reason: string) => deaths.push(reason);
    gateway = await openGateway({ network, socket: join(run.dir, "front.sock"), certificatesDir: run.dir, dir: run.dir, onDeath });
    await listen();
  });
  after(async () => {
    await gateway?.close();
    await network?.close();
    if (front) await stopListening();
    await run?.close();
  });

  it("forwards a long poll's headers and each part of its body as they arrive, not at the end", async () => {
    let finish = () => {};
    answer = (_, response) => {
      response.writeHead(200, { "X-Poll": "begun" });
      response.write("first\n");
      finish = () => response.end("last\n");
    };
    const child = curl("--no-buffer", "-i", `https://${HOST_NAMES[1]}/poll`);
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (out += chunk));
    await until("the first part arrives while the poll is open", () => out.includes("first\n"));
    assert.match(out, /X-Poll: begun/);
    finish();
    await once(child, "close");
    assert.match(out, /last\n$/);
  });

  it("closes the upstream request when a client disconnects, so that a dead runner's poll does not take a job", async () => {
    let disconnected = false;
    answer = (_, response) => void response.on("close", () => (disconnected = true));
    const child = curl(`https://${HOST_NAMES[1]}/poll`);
    await until("the poll is open", () => front.listening && disconnected === false && child.pid !== undefined);
    await new Promise<void>((resolve) => {
      const previous = answer;
      front.getConnections((_, count) => (count > 0 ? resolve() : (answer = (q, s) => (previous(q, s), resolve()))));
    });
    child.kill("SIGKILL");
    await until("the stand-in notices", () => disconnected);
  });

  it("forwards repeated headers, query and body unchanged, because a signature covers them", async () => {
    let seen: http.IncomingMessage | undefined;
    answer = (request, response) => {
      seen = request;
      request.pipe(response);
    };
    const body = "Action=CompleteLifecycleAction&Token=%2B+x";
    const out = await text("-H", "X-A: 1", "-H", "X-A: 2", "--data-binary", body, `https://${HOST_NAMES[0]}/a%2Fb?c=d%20e`);
    assert.equal(out, body);
    assert.deepEqual([seen!.url, seen!.headers["x-a"], seen!.headers["content-length"]], ["/a%2Fb?c=d%20e", "1, 2", String(body.length)]);
  });

  it("does not serve instance metadata over TLS, where a fenced unit could reach it", async () => {
    answer = (_, response) => response.end("credentials");
    const status = ["-o", "/dev/null", "-w", "%{http_code}"];
    assert.equal(await text(...status, "-H", "Host: 169.254.169.254", `https://${HOST_NAMES[0]}/latest/meta-data/`), "421");
    assert.equal(await text("http://169.254.169.254/latest/meta-data/"), "credentials");
  });

  it("returns 502 while the stand-ins are down and works again once they are back", async () => {
    answer = (_, response) => response.end("here");
    await stopListening();
    assert.equal(await text("-o", "/dev/null", "-w", "%{http_code}", `https://${HOST_NAMES[0]}/`), "502");
    await listen();
    assert.equal(await text(`https://${HOST_NAMES[0]}/`), "here");
  });

  it("does not change this host's addresses and routes, nor those of another rehearsal's network", async () => {
    const own = () =>
      execFileSync("sh", ["-c", "ip -o address; ip route show table all; ip -o link | sed 's/[0-9]*: //'"], { encoding: "utf8" });
    const before = own();
    const second = await openMachineNetwork();
    const third = await openGateway({ network: second, socket: join(run.dir, "front.sock"), certificatesDir: run.dir, dir: run.dir });
    assert.equal(own(), before);
    await third.close();
    await second.close();
    assert.equal(await text(`https://${HOST_NAMES[0]}/`), "here");
  });

  it("reports its own death, because every request of a machine then fails for no visible reason", async () => {
    process.kill(gateway.pid, "SIGKILL");
    await until("its death is reported", () => deaths.length > 0);
    assert.match(deaths[0]!, /the gateway ended \(SIGKILL\)/);
  });
});
