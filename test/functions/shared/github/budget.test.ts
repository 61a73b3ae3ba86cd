import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { systemClock } from "../../../../functions/shared/lambda/clock";
import { GitHubError } from "../../../../functions/shared/github/error";
import { GitHubRunners } from "../../../../functions/shared/github/runners";
import { GitHubTransport, type Answer, type Call } from "../../../../functions/shared/github/transport";

const START = Date.UTC(2026, 10, 22, 12);

describe("GitHub's hourly quota", () => {
  it("is known from GitHub's last response until the hour that it reports on is over", async () => {
    let now = START;
    const headers = { "x-ratelimit-limit": "5000", "x-ratelimit-remaining": "1000", "x-ratelimit-reset": String(START / 1000 + 600) };
    const account = { apiUrl: "https://api.github.com", scope: { organization: "acme" }, credentials: { tokenSecret: "token" } };
    const seams = { send: async () => ({ data: {}, headers }), clock: { ...systemClock, now: () => now } };
    const transport = new GitHubTransport(account, async () => "token", {}, seams);
    assert.equal(transport.remainingQuota(), 1);
    await transport.call({ method: "GET", path: "/" }, () => true, new AbortController().signal);
    assert.equal(transport.remainingQuota(), 0.2);
    now += 600_000;
    assert.equal(transport.remainingQuota(), 1);
  });

  it("is not what GitHub reports to the App itself, whose calls have a limit of their own", async () => {
    const format = { type: "pkcs1", format: "pem" } as const;
    const key = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export(format).toString();
    const headers = { "x-ratelimit-limit": "5000", "x-ratelimit-remaining": "1", "x-ratelimit-reset": String(START / 1000 + 600) };
    const credentials = { appId: "1", privateKeySecret: "key", installationId: 2 };
    const account = { apiUrl: "https://api.github.com", scope: { organization: "acme" }, credentials };
    const seams = { send: async () => ({ data: {}, headers }), clock: { ...systemClock, now: () => START } };
    const transport = new GitHubTransport(account, async () => key, {}, seams);
    await transport.call({ method: "GET", path: "/app", as: "app" }, () => true, new AbortController().signal);
    assert.equal(transport.remainingQuota(), 1);
  });

  it("tells what a list of many pages would leave of it, so that the list is not begun", async () => {
    const core = { limit: 5_000, remaining: 1_000, reset: START / 1000 + 600 };
    const { clock, runners } = clientWith(() => ({ data: { resources: { core }, rate: core }, headers: {} }));
    assert.equal(runners.remainingQuota(100), 1, "nothing is known yet");
    await runners.fetchRemainingQuota(new AbortController().signal);
    assert.deepEqual(
      [0, 100, 1_000, 2_000].map((calls) => runners.remainingQuota(calls)),
      [0.2, 0.18, 0, 0],
    );
    clock.now += 600_000;
    assert.equal(runners.remainingQuota(100), 1, "the hour is over");
  });

  /** A client whose responses and clock the test controls. */
  function clientWith(answer: (call: string) => Answer) {
    const sent: string[] = [];
    const clock = { now: START };
    const account = { apiUrl: "https://api.github.com", scope: { organization: "acme" }, credentials: { tokenSecret: "token" } };
    const send = async ({ method, path }: Call) => {
      sent.push(`${method} ${path}`);
      return answer(`${method} ${path}`);
    };
    const transport = new GitHubTransport(account, async () => "token", {}, { send, clock: { ...systemClock, now: () => clock.now } });
    return { sent, clock, runners: new GitHubRunners(transport, account.scope) };
  }

  it("allows no further call after GitHub has refused one, until the rate limit ends", async () => {
    let refuse = true;
    const { sent, clock, runners } = clientWith((call) => {
      if (refuse) throw new GitHubError(`${call}: 403`, 403, new Date(START + 600_000));
      return { data: { runners: [], total_count: 0 }, headers: {} };
    });
    const find = () => runners.find("i-1", new AbortController().signal);
    await assert.rejects(find(), /403/);
    for (let again = 0; again < 5; again++) {
      await assert.rejects(find(), (error: GitHubError) => error.retryAt?.getTime() === START + 600_000 && !error.transient);
    }
    assert.equal(sent.length, 1);
    assert.equal(runners.remainingQuota(), 0, "otherwise calls that can be postponed would still be made");
    refuse = false;
    clock.now += 600_000;
    assert.equal(await find(), undefined);
    assert.equal(runners.remainingQuota(), 1);
  });

  it("is available again after at most an hour, whatever the refusal says", async () => {
    let refuse = true;
    const { clock, runners } = clientWith((call) => {
      if (refuse) throw new GitHubError(`${call}: 429`, 429, new Date(START + 30 * 86_400_000));
      return { data: { runners: [], total_count: 0 }, headers: {} };
    });
    const find = () => runners.find("i-1", new AbortController().signal);
    await assert.rejects(find());
    refuse = false;
    clock.now += 3_600_000;
    assert.equal(await find(), undefined);
  });

  it("is read at no charge, because this process's responses do not show what other processes have spent", async () => {
    const core = { limit: 5_000, remaining: 1_250, reset: START / 1000 + 600 };
    const { sent, runners } = clientWith(() => ({ data: { resources: { core }, rate: core }, headers: {} }));
    assert.equal(runners.remainingQuota(), 1, "nothing is known yet");
    assert.equal(await runners.fetchRemainingQuota(new AbortController().signal), 0.25);
    assert.equal(runners.remainingQuota(), 0.25);
    assert.deepEqual(sent, ["GET /rate_limit"]);
  });

  it("counts as unspent if GitHub does not report it: an Enterprise Server may have no limits", async () => {
    const { runners } = clientWith((call) => {
      throw new GitHubError(`${call}: 404 Rate limiting is not enabled.`, 404);
    });
    assert.equal(await runners.fetchRemainingQuota(new AbortController().signal), 1);
  });
});
