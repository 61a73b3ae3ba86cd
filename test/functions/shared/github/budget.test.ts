import assert from "node:assert/strict";
import { TIMING } from "../../../../contract/actions-runner-pool/timing";
import { mayCall } from "../../../../functions/actions-runner-pool/deregister/allowance";
import { boundBy } from "../../../../functions/shared/lambda/timeout";
import { GitHubError } from "../../../../functions/shared/github/error";
import { GitHubRunners } from "../../../../functions/shared/github/runners";
import { GitHubTransport, type Answer, type Call } from "../../../../functions/shared/github/transport";
import { mayList } from "../../../../functions/actions-runner-pool/sweep/turn";

const START = Date.UTC(2026, 10, 22, 12);
const SWEEP_MS = TIMING.sweepInterval * 1000;

/** Calls that one pool's listings take in each hour of a day, on an organization of so many runners. */
function callsInHours(runners: number, pool: string): number[] {
  const pages = Math.ceil(runners / 100);
  return Array.from({ length: 24 }, (_, hour) => {
    let calls = 0;
    for (let sweep = 0; sweep < 12; sweep++) {
      calls += mayList(pages, pool, new Date(START + hour * 3_600_000 + sweep * SWEEP_MS)) ? pages : 1;
    }
    return calls;
  });
}

describe("GitHub's hourly calls", () => {
  it("are not eaten by listings: ten pools of 1,000 runners would need 12,000 of the 5,000", () => {
    const pools = Array.from({ length: 10 }, (_, n) => callsInHours(10_000, `pool-${n}`));
    const busiest = Math.max(...pools[0]!.map((_, hour) => pools.reduce((sum, hours) => sum + hours[hour]!, 0)));
    assert.ok(busiest <= 2_500, `${busiest} in one hour`);
    for (const hours of pools) assert.ok(hours.reduce((sum, calls) => sum + calls, 0) >= 24 * 100, "and each pool still looks");
  });

  it("let every sweep list an organization of up to 1,200 runners", () => {
    assert.deepEqual(
      callsInHours(1_200, "pool"),
      Array.from({ length: 24 }, () => 12 * 12),
    );
  });

  it("are spent on two sweeps in a row, as the alarm on unregistered instances wants to see them twice in 15 minutes", () => {
    const turns = Array.from({ length: 160 }, (_, sweep) => mayList(100, "pool", new Date(START + sweep * SWEEP_MS)));
    const alone = turns.filter((turn, n) => turn && n > 0 && n < 159 && !turns[n - 1] && !turns[n + 1]);
    assert.deepEqual(alone, []);
    assert.ok(turns.includes(true));
  });

  it("are known from GitHub's last answer, until the hour it speaks of is over", async () => {
    let now = START;
    const headers = { "x-ratelimit-limit": "5000", "x-ratelimit-remaining": "1000", "x-ratelimit-reset": String(START / 1000 + 600) };
    const account = { apiUrl: "https://api.github.com", scope: { organization: "acme" }, credentials: { tokenSecret: "token" } };
    const seams = { send: async () => ({ data: {}, headers }), now: () => now };
    const transport = new GitHubTransport(account, async () => "token", {}, seams);
    assert.equal(transport.spare(), 1);
    await transport.call({ method: "GET", path: "/" }, () => true, new AbortController().signal);
    assert.equal(transport.spare(), 0.2);
    now += 600_000;
    assert.equal(transport.spare(), 1);
  });

  /** A client over answers that a test gives, on a clock of its own. */
  function told(answer: (call: string) => Answer) {
    const sent: string[] = [];
    const clock = { now: START };
    const account = { apiUrl: "https://api.github.com", scope: { organization: "acme" }, credentials: { tokenSecret: "token" } };
    const send = async ({ method, path }: Call) => {
      sent.push(`${method} ${path}`);
      return answer(`${method} ${path}`);
    };
    const transport = new GitHubTransport(account, async () => "token", {}, { send, now: () => clock.now });
    return { sent, clock, runners: new GitHubRunners(transport, account.scope) };
  }

  it("are not spent on a token for each of a thousand launches: one serves until half of its hour is over", async () => {
    let minted = 0;
    const { clock, runners } = told(() => {
      minted += 1;
      return { data: { token: `T${minted}`, expires_at: new Date(clock.now + 3_600_000).toISOString() }, headers: {} };
    });
    const given = new Set<string>();
    for (let launch = 0; launch < 1_000; launch++) {
      const { token, expiresAt } = await runners.registrationToken(new AbortController().signal);
      assert.ok(Date.parse(expiresAt) - clock.now >= 30 * 60_000, "a host may wait for minutes before it uses it");
      given.add(token);
      clock.now += 3_600;
    }
    assert.equal(given.size, minted);
    assert.equal(minted, 2);
  });

  it("are asked for no further once GitHub has refused one, until it takes calls again", async () => {
    let refuse = true;
    const { sent, clock, runners } = told((call) => {
      if (refuse) throw new GitHubError(`${call}: 403`, 403, new Date(START + 600_000));
      return { data: { runners: [], total_count: 0 }, headers: {} };
    });
    const find = () => runners.find("i-1", new AbortController().signal);
    await assert.rejects(find(), /403/);
    for (let again = 0; again < 5; again++) {
      await assert.rejects(find(), (error: GitHubError) => error.retryAt?.getTime() === START + 600_000 && !error.transient);
    }
    assert.equal(sent.length, 1);
    assert.equal(runners.spare(), 0, "or what can wait would be tried all the same");
    refuse = false;
    clock.now += 600_000;
    assert.equal(await find(), undefined);
    assert.equal(runners.spare(), 1);
  });

  it("are asked for again after an hour at the latest, whatever a refusal says", async () => {
    let refuse = true;
    const { clock, runners } = told((call) => {
      if (refuse) throw new GitHubError(`${call}: 429`, 429, new Date(START + 30 * 86_400_000));
      return { data: { runners: [], total_count: 0 }, headers: {} };
    });
    const find = () => runners.find("i-1", new AbortController().signal);
    await assert.rejects(find());
    refuse = false;
    clock.now += 3_600_000;
    assert.equal(await find(), undefined);
  });

  it("are asked about at no charge, since what other processes have spent is in no answer of one's own", async () => {
    const core = { limit: 5_000, remaining: 1_250, reset: START / 1000 + 600 };
    const { sent, runners } = told(() => ({ data: { resources: { core }, rate: core }, headers: {} }));
    assert.equal(runners.spare(), 1, "nothing is known yet");
    assert.equal(await runners.askSpare(new AbortController().signal), 0.25);
    assert.equal(runners.spare(), 0.25);
    assert.deepEqual(sent, ["GET /rate_limit"]);
  });

  it("are taken for unspent where GitHub does not tell: an Enterprise Server need not have limits", async () => {
    const { runners } = told((call) => {
      throw new GitHubError(`${call}: 404 Rate limiting is not enabled.`, 404);
    });
    assert.equal(await runners.askSpare(new AbortController().signal), 1);
  });

  it("are asked about by thousands at moments of their own, or all would be told that none is spent", async () => {
    const timers: number[] = [];
    const restore = boundBy({ set: (act, ms) => (timers.push(ms), void act()), clear: () => undefined });
    try {
      for (let n = 0; n < 1_000; n++) {
        const id = `i-0${(n * 2_654_435_761).toString(16).slice(-8).padStart(16, "0")}`;
        await mayCall(id, { askSpare: async () => 1 }, 0.5, 2_000, new AbortController().signal);
      }
    } finally {
      restore();
    }
    for (let tenth = 0; tenth < 10; tenth++) {
      const within = timers.filter((ms) => ms >= tenth * 200 && ms <= (tenth + 1) * 200).length;
      assert.ok(within > 50 && within < 200, `${within} of 1000 in tenth ${tenth}`);
    }
  });
});
