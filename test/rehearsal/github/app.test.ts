import assert from "node:assert/strict";
import { createSign, generateKeyPairSync } from "node:crypto";
import { createAppAuth } from "@octokit/auth-app";
import { Octokit } from "@octokit/core";
import { paginateRest } from "@octokit/plugin-paginate-rest";
import { request } from "@octokit/request";
import { app, call, ORGANIZATION, register, serveGitHub, type ServedGitHub } from "./fixture";

describe("the GitHub stand-in for an App", () => {
  let served: ServedGitHub;
  beforeEach(async () => void (served = await serveGitHub()));
  afterEach(() => served.close());

  const jwt = (privateKey: string, claims: Record<string, unknown>) => {
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const unsigned = `${part({ alg: "RS256", typ: "JWT" })}.${part(claims)}`;
    return `${unsigned}.${createSign("sha256").update(unsigned).sign(privateKey, "base64url")}`;
  };
  const seconds = () => Math.floor(Date.now() / 1000);

  it("accepts GitHub's own client: it finds the installation, creates a token and pages through the runners", async () => {
    const { id, privateKey } = app(served);
    for (let i = 0; i < 105; i++) await register(served, `i-${i}`);
    const options = { authStrategy: createAppAuth, baseUrl: served.api };
    const asApp = new Octokit({ ...options, auth: { appId: id, privateKey } });
    const found = await asApp.request("GET /orgs/{org}/installation", { org: ORGANIZATION });
    const Paging = Octokit.plugin(paginateRest);
    const client = new Paging({ ...options, auth: { appId: id, privateKey, installationId: found.data.id } });
    const runners = await client.paginate("GET /orgs/{org}/actions/runners", { org: ORGANIZATION, per_page: 100 });
    assert.equal(runners.length, 105);
    const token = await client.request("POST /orgs/{org}/actions/runners/registration-token", { org: ORGANIZATION });
    assert.ok(Date.parse(token.data.expires_at) - Date.now() > 3_500_000);
  });

  it("refuses a JWT that is too long-lived, expired, from the future, or signed by another key", async () => {
    const { id, privateKey } = app(served);
    const stranger = generateKeyPairSync("rsa", {
      modulusLength: 2048,
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs1", format: "pem" },
    }).privateKey;
    const good = { iss: id, iat: seconds() - 30, exp: seconds() + 300 };
    const status = async (key: string, claims: object) =>
      (await call(served, "GET", "/app", undefined, `Bearer ${jwt(key, { ...good, ...claims })}`)).status;
    assert.equal(await status(privateKey, {}), 200);
    assert.equal(await status(privateKey, { exp: seconds() + 3600 }), 401);
    assert.equal(await status(privateKey, { exp: seconds() - 1 }), 401);
    assert.equal(await status(privateKey, { iat: seconds() + 300, exp: seconds() + 500 }), 401);
    assert.equal(await status(stranger, {}), 401);
    assert.equal(await status(privateKey, { iss: 1 }), 404);
  });

  it("refuses an installation token after one hour", async () => {
    let now = Date.now();
    await served.close();
    served = await serveGitHub({ wallNow: () => now });
    const { id, privateKey } = app(served);
    const auth = createAppAuth({ appId: id, privateKey, request: request.defaults({ baseUrl: served.api }) });
    const { token } = await auth({ type: "installation", installationId: 678 });
    const list = () => call(served, "GET", `/orgs/${ORGANIZATION}/actions/runners`, undefined, `token ${token}`);
    assert.equal((await list()).status, 200);
    now += 3_600_001;
    assert.equal((await list()).status, 401);
  });

  it("applies what an owner grants, and what someone sets in the App's settings, at once", async () => {
    const { id, privateKey } = app(served, { permissions: {} });
    const auth = createAppAuth({ appId: id, privateKey, request: request.defaults({ baseUrl: served.api }) });
    const { token } = await auth({ type: "installation", installationId: 678 });
    const mint = () => call(served, "POST", `/orgs/${ORGANIZATION}/actions/runners/registration-token`, undefined, `token ${token}`);
    assert.equal((await mint()).status, 403);
    served.github.grantPermissions(id, { organization_self_hosted_runners: "write" });
    assert.equal((await mint()).status, 201);
    served.github.appHook(id).url = "https://elsewhere.example.com/hook";
    const bearer = `bearer ${jwt(privateKey, { iss: id, iat: seconds() - 30, exp: seconds() + 300 })}`;
    const { body } = await call(served, "GET", "/app/hook/config", undefined, bearer);
    assert.equal(body.url, "https://elsewhere.example.com/hook");
    assert.throws(() => served.github.appHook(1), /App 1 is not registered/);
  });

  it("requires the repository permission for the runners of a repository", async () => {
    const { id, privateKey } = app(served, { repositories: ["app"], permissions: { administration: "write" } });
    const auth = createAppAuth({ appId: id, privateKey, request: request.defaults({ baseUrl: served.api }) });
    const { token } = await auth({ type: "installation", installationId: 678 });
    const status = async (scope: string) =>
      (await call(served, "POST", `${scope}/actions/runners/registration-token`, undefined, `token ${token}`)).status;
    assert.equal(await status(`/repos/${ORGANIZATION}/app`), 201);
    assert.equal(await status(`/repos/${ORGANIZATION}/other`), 404);
    assert.equal(await status(`/orgs/${ORGANIZATION}`), 403);
  });
});
