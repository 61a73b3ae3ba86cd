import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import { type NetworkGateway, openGateway } from "../../../rehearsal/hosts/network-gateway";
import { type MachineNetwork, openMachineNetwork, PROXY } from "../../../rehearsal/hosts/network";
import { openRun, type Run } from "../../../rehearsal/hosts/systemd";
import { HOST_NAMES, certificates, needSystemd, until } from "./rig";

const PROXY_URL = `http://${PROXY.address}:${PROXY.port}`;
const STATUS = ["-o", "/dev/null", "-w", "%{http_connect} %{http_code}"];
const [, GITHUB = ""] = HOST_NAMES;

for (const kind of ["tunnel", "inspect"] as const) {
  describe(`the forward proxy of the machines' network (${kind}), asked by curl`, () => {
    let run: Run;
    let network: MachineNetwork;
    let gateway: NetworkGateway;
    let front: http.Server;
    let answer: http.RequestListener;
    let own: string;

    const start = (...args: string[]): ChildProcess => {
      const inside = [
        "--target",
        String(network.holder),
        "--net",
        "curl",
        "-sS",
        "--max-time",
        "20",
        "--noproxy",
        "",
        "--proxy",
        PROXY_URL,
      ];
      return spawn("nsenter", [...inside, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    };
    const finished = async (child: ChildProcess) => {
      let text = "";
      for (const stream of [child.stdout!, child.stderr!]) stream.setEncoding("utf8").on("data", (part: string) => (text += part));
      const [code] = (await once(child, "close")) as [number];
      return { code, text };
    };
    const curl = (...args: string[]) => finished(start(...args));
    const trusting = (authority: string, ...args: string[]) => curl("--cacert", join(authority, "ca.pem"), ...args);

    before(async function () {
      needSystemd(this);
      run = openRun();
      certificates(run.dir, HOST_NAMES);
      own = join(run.dir, "own");
      mkdirSync(own);
      certificates(own, HOST_NAMES);
      network = await openMachineNetwork();
      const inspect = { certFile: join(own, "leaf.pem"), keyFile: join(own, "leaf-key.pem") };
      const proxy = kind === "inspect" ? { inspect } : {};
      gateway = await openGateway({ network, socket: join(run.dir, "front.sock"), certificatesDir: run.dir, dir: run.dir, proxy });
      front = http.createServer((request, response) => answer(request, response));
      await new Promise<void>((resolve) => front.listen(join(run.dir, "front.sock"), resolve));
    });
    beforeEach(() => {
      answer = ({ headers, url }, response) => response.end(`${headers.host}${url}`);
    });
    after(async () => {
      await gateway?.close();
      await network?.close();
      front?.closeAllConnections();
      if (front) await new Promise((resolve) => front.close(resolve));
      await run?.close();
    });

    it("leads to the hosts behind the gateway, and reports which were asked for", async () => {
      const before = gateway.proxy!.requests.length;
      const authority = kind === "inspect" ? own : run.dir;
      assert.equal((await trusting(authority, `https://${GITHUB}/a?b=c`)).text, `${GITHUB}/a?b=c`);
      assert.equal((await curl(`http://${GITHUB}/a?b=c`)).text, `${GITHUB}/a?b=c`);
      const seen = gateway.proxy!.requests.slice(before).map(({ method, target, served }) => [method, target, served]);
      assert.deepEqual(seen, [
        ["CONNECT", `${GITHUB}:443`, true],
        ["GET", `${GITHUB}:80`, true],
      ]);
    });

    it("shows the certificate of the one authority that is at the end of the tunnel", async () => {
      const { code, text } = await trusting(kind === "inspect" ? run.dir : own, `https://${GITHUB}/`);
      assert.equal(code, 60, text);
    });

    it("connects to no address but the gateway's, so that no job reads the metadata of whatever the proxy runs on", async () => {
      const before = gateway.proxy!.requests.length;
      answer = (_, response) => response.end("credentials");
      for (const url of ["https://169.254.169.254/", "https://127.0.0.1/", `https://${GITHUB}:22/`]) {
        assert.match((await curl(...STATUS, url)).text, /403 000/, url);
      }
      assert.match((await curl(...STATUS, "http://169.254.169.254/latest/meta-data/")).text, /000 403/);
      assert.ok(gateway.proxy!.requests.slice(before).every(({ served }) => !served));
    });

    it("says so where it does not reach a host itself", async () => {
      await gateway.proxy!.set("up", [GITHUB]);
      assert.match((await curl(...STATUS, `https://${GITHUB}/`)).text, /503 000/);
      await gateway.proxy!.set("up");
    });

    it("is as if it were gone while it is down, also for what is under way, and serves again afterwards", async () => {
      const { proxy } = gateway;
      const authority = ["--cacert", join(kind === "inspect" ? own : run.dir, "ca.pem")];
      let polled = () => {};
      const polling = new Promise<void>((resolve) => (polled = resolve));
      answer = () => polled();
      const poll = start(...authority, `https://${GITHUB}/poll`);
      const ended = finished(poll);
      await polling;
      await proxy!.set("down");
      assert.match((await ended).text, /curl: \(\d+\)/);
      assert.match((await curl(...authority, `https://${GITHUB}/`)).text, /^curl: \(7\)/);
      await proxy!.set("up");
      answer = (_, response) => response.end("here");
      assert.equal((await curl(...authority, `https://${GITHUB}/`)).text, "here");
    });

    it("neither answers nor refuses while it hangs, and what is under way stands still until it goes on", async () => {
      const { proxy } = gateway;
      const authority = ["--cacert", join(kind === "inspect" ? own : run.dir, "ca.pem")];
      let respond = () => {};
      const polling = new Promise<void>((resolve) => {
        answer = (_, response) => {
          respond = () => response.end("late");
          resolve();
        };
      });
      const poll = start(...authority, `https://${GITHUB}/poll`);
      let said = "";
      poll.stdout!.setEncoding("utf8").on("data", (text: string) => (said += text));
      await polling;
      await proxy!.set("hang");
      respond();
      assert.match((await curl("--max-time", "1", ...authority, `https://${GITHUB}/`)).text, /^curl: \(28\)/);
      assert.equal(said, "");
      await proxy!.set("up");
      await until("the answer arrives", () => said === "late");
    });
  });
}
