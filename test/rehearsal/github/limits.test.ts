import assert from "node:assert/strict";
import { createAppAuth } from "@octokit/auth-app";
import { request } from "@octokit/request";
import { app, ORGANIZATION, register, serveGitHub, type ServedGitHub, TOKEN } from "./fixture";

const RUNNERS = `/orgs/${ORGANIZATION}/actions/runners`;

describe("the GitHub stand-in's conditional requests and limits", () => {
  let served: ServedGitHub;
  afterEach(() => served.close());

  const get = (authorization: string, etag = "", path = RUNNERS) =>
    fetch(`${served.api}${path}`, { headers: { authorization, ...(etag && { "if-none-match": etag }) } });
  const remaining = (reply: Response) => Number(reply.headers.get("x-ratelimit-remaining"));

  async function installationToken(): Promise<() => Promise<string>> {
    const { id, privateKey } = app(served);
    return async () => {
      // A new instance each time, because it caches the token for an hour.
      const auth = createAppAuth({ appId: id, privateKey, request: request.defaults({ baseUrl: served.api }) });
      return `token ${(await auth({ type: "installation", installationId: 678 })).token}`;
    };
  }

  it("answers 304 without a body to what has not changed, does not count it, and answers in full to what has", async () => {
    served = await serveGitHub();
    const token = `Bearer ${TOKEN}`;
    const first = await get(token);
    const etag = first.headers.get("etag")!;
    const same = await get(token, etag);
    assert.deepEqual([same.status, await same.text(), remaining(same)], [304, "", remaining(first)]);
    await register(served, "i-1");
    const changed = await get(token, etag);
    assert.equal(changed.status, 200);
    assert.notEqual(changed.headers.get("etag"), etag);
  });

  it("answers in full to the ETag of another token of the same installation, as after an hour", async () => {
    served = await serveGitHub();
    const mint = await installationToken();
    const [old, fresh] = [await mint(), await mint()];
    const etag = (await get(old)).headers.get("etag")!;
    assert.equal((await get(old, etag)).status, 304);
    assert.equal((await get(fresh, etag)).status, 200);
  });

  it("counts a 304 and five points for a change against the limit of each minute", async () => {
    served = await serveGitHub({ pointsPerMinute: 8 });
    const token = `Bearer ${TOKEN}`;
    const etag = (await get(token)).headers.get("etag")!;
    assert.equal(
      (await fetch(`${served.api}${RUNNERS}/registration-token`, { method: "POST", headers: { authorization: token } })).status,
      201,
    );
    for (let more = 0; more < 2; more++) assert.equal((await get(token, etag)).status, 304);
    const refused = await get(token, etag);
    assert.equal(refused.status, 403);
    assert.match(await refused.text(), /secondary rate limit/);
    assert.ok(Number(refused.headers.get("retry-after")) > 0);
  });

  for (const [repositories, limit] of [
    [20, 5_000],
    [200, 14_000],
    [21, 5_050],
  ] as const) {
    it(`allows an installation with ${repositories} repositories ${Math.min(limit, 12_500)} requests an hour`, async () => {
      served = await serveGitHub();
      for (let index = 0; index < repositories; index++) served.github.addRepository(`${ORGANIZATION}/r-${index}`);
      served.github.addRepository("stranger/app");
      const token = await (await installationToken())();
      assert.equal((await get(token)).headers.get("x-ratelimit-limit"), String(Math.min(limit, 12_500)));
    });
  }
});
