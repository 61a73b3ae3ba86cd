import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dataRootOf } from "../../../../host-config/shared/docker/data-root";

describe("the folder that an engine says it has its data in", () => {
  let folder: string;
  let server: Server | undefined;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "data-root-"))));
  afterEach(async () => {
    await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
    server = undefined;
    rmSync(folder, { recursive: true });
  });

  async function engine(text: string): Promise<string | undefined> {
    const socket = join(folder, "docker.sock");
    const listening = createServer((request, response) => response.end(request.url === "/info" ? text : "")).listen(socket);
    server = listening;
    await new Promise((resolve) => listening.on("listening", resolve));
    const found = await dataRootOf(socket);
    await new Promise((resolve) => listening.close(resolve));
    server = undefined;
    return found;
  }

  it("is the one of its description", async () => {
    assert.equal(await engine('{"ID":"x","DockerRootDir":"/srv/docker"}'), "/srv/docker");
  });

  it("is not known where none answers, or something else does, which costs no launch", async () => {
    for (const text of ["{}", "null", "404", '{"DockerRootDir":1}', "x".repeat(2_000_000)]) assert.equal(await engine(text), undefined);
    assert.equal(await dataRootOf(join(folder, "none.sock")), undefined);
  });
});
