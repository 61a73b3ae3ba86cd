import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSocket, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { engine } from "../../../../host-config/shared/docker/engine";
import { answers } from "../../../../host-config/shared/docker/ping";
import { SilentLog, VirtualHostClock } from "./support";

describe("the rootless engine between two services of a runner", () => {
  let folder: string;
  let acts: string[];
  /** How often it does not answer first. */
  let silent: number;
  const clock = new VirtualHostClock();
  const mark = () => join(folder, "engine-used");
  const subject = (docker?: "root" | "rootless") =>
    engine({ docker }, clock, new SilentLog(), {
      mark: mark(),
      systemctl: async (...args) => void acts.push(args.join(" ")),
      answers: async () => {
        acts.push("ping");
        return silent-- <= 0;
      },
      deleteAllButCache: async () => void acts.push("delete"),
    });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "engine-"));
    [acts, silent] = [[], 0];
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("is only waited for at the first start since boot, or what the setup script pulled would be started over", async () => {
    silent = 2;
    await subject("rootless").settle();
    assert.deepEqual(acts, ["ping", "ping", "ping"]);
    assert.ok(existsSync(mark()));
  });

  it("loses all containers of earlier jobs before the next listener starts", async () => {
    writeFileSync(mark(), "");
    await subject("rootless").settle();
    assert.deepEqual(acts, ["kill --signal=SIGKILL runner-docker.service", "ping"]);
  });

  it("keeps the runner from starting while it does not answer, and is not killed again by each further try", async () => {
    writeFileSync(mark(), "");
    silent = Infinity;
    await assert.rejects(subject("rootless").settle(), /runner-docker\.service\) does not answer within 60 s/);
    await assert.rejects(subject("rootless").settle());
    assert.equal(acts.filter((act) => act !== "ping").length, 1);
    silent = 0;
    await subject("rootless").settle();
    assert.ok(existsSync(mark()));
  });

  it("is stopped at a return, and keeps nothing that acts", async () => {
    writeFileSync(mark(), "");
    await subject("rootless").reset();
    assert.deepEqual(acts, ["kill --signal=SIGKILL runner-docker.service", "stop runner-docker.service", "delete"]);
    assert.ok(!existsSync(mark()));
  });

  it("is not touched where it is the system's, or where there is none", async () => {
    for (const docker of ["root", undefined] as const) {
      await subject(docker).settle();
      await subject(docker).reset();
    }
    assert.deepEqual(acts, []);
  });
});

describe("the question whether an engine answers", () => {
  let folder: string;
  let server: Server | undefined;
  const socket = () => join(folder, "docker.sock");
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "ping-"))));
  afterEach(async () => {
    await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
    server = undefined;
    rmSync(folder, { recursive: true, force: true });
  });
  const listen = (made: Server) => {
    server = made;
    return new Promise<void>((resolve) => made.listen(socket(), resolve));
  };

  it("is answered by an engine alone", async () => {
    assert.equal(await answers(socket()), false);
    await listen(createServer((request, response) => response.writeHead(request.url === "/_ping" ? 200 : 404).end("OK")));
    assert.equal(await answers(socket()), true);
  });

  it("is not answered by what refuses, or says something else", async () => {
    let answer = [500, "OK"] as [number, string];
    await listen(createServer((_request, response) => response.writeHead(answer[0]).end(answer[1])));
    assert.equal(await answers(socket()), false);
    answer = [200, "O"];
    // At once, and not when the time is over.
    assert.equal(await answers(socket(), 1_000_000), false);
  });

  it("ends where something listens that never answers, which a job may have left", async () => {
    const held: { destroy(): void }[] = [];
    await listen(createSocket((connection) => void held.push(connection)));
    assert.equal(await answers(socket(), 50), false);
    for (const connection of held) connection.destroy();
  });
});
