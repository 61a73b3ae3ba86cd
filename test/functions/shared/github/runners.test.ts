import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { systemClock } from "../../../../functions/shared/lambda/clock";
import { within } from "../../../../functions/shared/lambda/timeout";
import type { GitHubAccount } from "../../../../functions/shared/github/account";
import { GitHubError } from "../../../../functions/shared/github/error";
import { GitHubRunners, type Runner } from "../../../../functions/shared/github/runners";
import { GitHubTransport } from "../../../../functions/shared/github/transport";
import { type Answer, LoopbackServer, type Respond } from "../../support/server";

const LIMITS = { callMs: 300, retries: 2, pauseMs: 1 };
const KEY = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs1", format: "pem" }).toString();
const ORGANIZATION = { organization: "octo-org" };
const RUNNERS = "/orgs/octo-org/actions/runners";

describe("GitHub client", () => {
  let server: LoopbackServer;
  let secretReads: string[];
  const signal = () => AbortSignal.timeout(20_000);

  async function client(respond: Respond, account: Partial<GitHubAccount> = {}, secrets: Record<string, string> = {}) {
    server = await new LoopbackServer(respond).start();
    secretReads = [];
    const whole = { apiUrl: server.url, scope: ORGANIZATION, credentials: { tokenSecret: "token" }, ...account };
    const readSecret = async (name: string) => {
      secretReads.push(name);
      return secrets[name] ?? (name === "key" ? KEY : "ghp_secret\n");
    };
    return new GitHubRunners(new GitHubTransport(whole, readSecret, LIMITS), whole.scope);
  }

  afterEach(() => server.stop());

  const list = (count: number, from = 1) => ({
    total_count: count,
    runners: Array.from({ length: count }, (_, index) => ({
      id: from + index,
      name: `runner-${from + index}`,
      status: "offline",
      busy: false,
      labels: [],
    })),
  });

  it("lists runners beyond the first hundred, page by page", async () => {
    const runners = await client(({ query }) => {
      const page = Number(query.get("page"));
      return { body: list(page < 3 ? 100 : 7, 1 + (page - 1) * 100) };
    });
    const sizes: number[] = [];
    const all: Runner[] = [];
    for await (const page of runners.pages(signal())) {
      sizes.push(page.length);
      all.push(...page);
    }
    assert.deepEqual(sizes, [100, 100, 7]);
    assert.equal(new Set(all.map(({ id }) => id)).size, 207);
    assert.ok(server.seen.every(({ query }) => query.get("per_page") === "100"));
  });

  it("makes no call for a list that is not due, once it knows that the list has several pages", async () => {
    let total = 207;
    const runners = await client(({ query }) => {
      const left = total - (Number(query.get("page")) - 1) * 100;
      return { body: { ...list(Math.min(100, left)), total_count: total } };
    });
    const asked: number[] = [];
    const read = async (due: boolean) => {
      let found = 0;
      for await (const page of runners.pages(signal(), (pages) => (asked.push(pages), due))) found += page.length;
      return found;
    };
    assert.deepEqual([await read(false), server.seen.length], [0, 1], "the first page tells how many there are");
    assert.deepEqual([await read(false), server.seen.length], [0, 1]);
    assert.deepEqual([await read(true), server.seen.length], [207, 4]);
    total = 60;
    assert.deepEqual([await read(true), server.seen.length], [60, 5]);
    assert.deepEqual([await read(false), server.seen.length], [60, 6], "a single page is always due");
    assert.deepEqual(asked, [3, 3, 3, 3, 3]);
  });

  it("requests one more page only if the last one was full, and loses no runner", async () => {
    const runners = await client(({ query }) => ({ body: list(query.get("page") === "1" ? 100 : 0) }));
    let found = 0;
    for await (const page of runners.pages(signal())) found += page.length;
    assert.equal(found, 100);
    assert.equal(server.seen.length, 2);
  });

  it("gets the current state of one runner, and returns undefined for a 404", async () => {
    const runners = await client(({ path }) =>
      path === `${RUNNERS}/7` ? { body: { ...list(1, 7).runners[0], status: "online", busy: true } } : { status: 404, body: {} },
    );
    assert.deepEqual(await runners.get(7, signal()), { id: 7, name: "runner-7", online: true, busy: true, labels: [] });
    assert.equal(await runners.get(8, signal()), undefined);
  });

  it("asks for the end of a version with the version of the API that has it, and reads planned, absent and unplanned dates", async () => {
    const dates: Record<string, object> = {
      "2.349.0": { registration_deprecates_at: "2026-12-01T00:00:00Z", runtime_deprecates_at: "2026-12-15T00:00:00Z" },
      "2.350.0": { registration_deprecates_at: null, runtime_deprecates_at: null },
      "2.351.0": {},
    };
    const runners = await client(({ path }) => {
      const version = path.replace(`${RUNNERS}/deprecations/`, "");
      return { body: { runner_version: version, ...dates[version] } };
    });
    assert.deepEqual(await runners.versionSchedule("2.349.0", signal()), {
      registrationEnds: new Date("2026-12-01T00:00:00Z"),
      runtimeEnds: new Date("2026-12-15T00:00:00Z"),
    });
    assert.deepEqual(await runners.versionSchedule("2.350.0", signal()), {});
    assert.deepEqual(await runners.versionSchedule("2.351.0", signal()), {});
    await runners
      .pages(signal())
      .next()
      .catch(() => undefined);
    const [first, , , list] = server.seen.map(({ headers }) => headers["x-github-api-version"]);
    assert.deepEqual([first, list], ["2026-03-10", "2022-11-28"]);
  });

  for (const status of [404, 400]) {
    it(`takes a ${status} for no knowledge of a version's end, because an Enterprise Server has no such route`, async () => {
      const runners = await client(() => ({ status, body: { message: "Not Found" } }));
      assert.equal(await runners.versionSchedule("2.350.0", signal()), "unknown");
      assert.equal(server.seen.length, 1);
    });
  }

  it("never takes a date that it cannot read for a version without an end", async () => {
    const runners = await client(() => ({ body: { runner_version: "2.350.0", runtime_deprecates_at: "soon" } }));
    await assert.rejects(runners.versionSchedule("2.350.0", signal()), /not what the API documents/);
  });

  it("finds only a runner with exactly that name, even if the server ignores the name filter", async () => {
    const runners = await client(() => ({ body: list(5) }));
    assert.equal((await runners.find("runner-3", signal()))?.id, 3);
    assert.equal(await runners.find("runner", signal()), undefined);
    assert.equal(server.seen[0]?.query.get("name"), "runner-3");
  });

  it("does not call a runner beyond the first page absent, where the server ignores the name filter", async () => {
    const all = list(250).runners;
    const runners = await client(({ query }) => {
      const page = Number(query.get("page"));
      return { body: { total_count: all.length, runners: all.slice((page - 1) * 100, page * 100) } };
    });
    assert.equal((await runners.find("runner-234", signal()))?.id, 234);
    assert.equal(await runners.find("runner-251", signal()), undefined);
    assert.equal(server.seen.length, 6);
  });

  it("makes one call to find a runner, or to learn that there is none, where the server filters by name", async () => {
    const runners = await client(({ query }) => ({
      // Even if the total were that of all runners.
      body: { total_count: 250, runners: list(250).runners.filter(({ name }) => name === query.get("name")) },
    }));
    assert.equal((await runners.find("runner-234", signal()))?.id, 234);
    assert.equal(await runners.find("runner-251", signal()), undefined);
    assert.equal(server.seen.length, 2);
  });

  it("takes no short page for the last one while the server's total says that more follow", async () => {
    const all = list(70).runners;
    const runners = await client(({ query }) => {
      const page = Number(query.get("page"));
      return { body: { total_count: all.length, runners: all.slice((page - 1) * 30, page * 30) } };
    });
    const sizes: number[] = [];
    for await (const page of runners.pages(signal())) sizes.push(page.length);
    assert.deepEqual(sizes, [30, 30, 10]);
    assert.equal(server.seen.length, 3);
  });

  it("knows whether a runner has labels by which GitHub assigns jobs, or only the read-only ones", async () => {
    const labels = (...types: string[]) => types.map((type, id) => ({ id, name: `label-${id}`, type }));
    const runners = await client(() => ({
      body: {
        total_count: 2,
        runners: [
          { ...list(1).runners[0], labels: labels("read-only", "custom") },
          { ...list(1, 2).runners[0], labels: labels("read-only") },
        ],
      },
    }));
    assert.equal((await runners.find("runner-1", signal()))?.labels.length, 1);
    assert.equal((await runners.find("runner-2", signal()))?.labels.length, 0);
  });

  it("uses the repository's routes under an Enterprise Server's base path", async () => {
    const runners = await client(() => ({ status: 201, body: { token: "AAA", expires_at: "2026-11-22T04:00:00Z" } }));
    const enterprise = { apiUrl: `${server.url}/api/v3`, scope: { owner: "o", repository: "r" }, credentials: { tokenSecret: "token" } };
    const ghes = new GitHubRunners(new GitHubTransport(enterprise, async () => "t", LIMITS), enterprise.scope);
    assert.deepEqual(await ghes.createRegistrationToken(signal()), { token: "AAA", expiresAt: "2026-11-22T04:00:00Z" });
    assert.deepEqual(server.calls, ["POST /api/v3/repos/o/r/actions/runners/registration-token"]);
    assert.ok(runners);
  });

  it("reads a token once for many calls and never sends its trailing newline", async () => {
    const runners = await client(() => ({ body: list(0) }));
    await runners.find("a", signal());
    await runners.find("b", signal());
    assert.deepEqual(secretReads, ["token"]);
    assert.equal(server.seen[1]?.headers.authorization, "token ghp_secret");
  });

  it("names the remedy when the secret is empty", async () => {
    const runners = await client(() => ({ body: list(0) }), {}, { token: " \n" });
    await assert.rejects(runners.find("a", signal()), /secret token is empty; put a GitHub token into it/);
    assert.equal(server.seen.length, 0);
  });

  it("renews rejected credentials once, so that a rotated token costs one extra call", async () => {
    const secrets = { token: "old" };
    const runners = await client(
      ({ headers }) => {
        if (headers.authorization === "token new") return { body: list(1) };
        secrets.token = "new";
        return { status: 401, body: { message: "Bad credentials" } };
      },
      {},
      secrets,
    );
    assert.equal((await runners.find("runner-1", signal()))?.id, 1);
    assert.deepEqual(secretReads, ["token", "token"]);
  });

  it("gives up after the second rejection instead of retrying further", async () => {
    const runners = await client(() => ({ status: 401, body: { message: "Bad credentials" } }));
    await assert.rejects(runners.find("a", signal()), (error: GitHubError) => error.status === 401);
    assert.equal(server.seen.length, 2);
  });

  it("retries after a 502 and after a truncated body, but not indefinitely", async () => {
    let call = 0;
    const runners = await client(() => {
      call += 1;
      if (call === 1) return { status: 502, body: "<html>Bad gateway</html>", headers: { "content-type": "text/html" } };
      return call === 2 ? { body: list(1), cutOff: true } : { body: list(1) };
    });
    assert.equal((await runners.find("runner-1", signal()))?.id, 1);
    assert.equal(call, 3);

    server.respond = () => ({ status: 503, body: { message: "Unavailable" } });
    const before = server.seen.length;
    await assert.rejects(runners.find("a", signal()), (error: GitHubError) => error.status === 503);
    assert.equal(server.seen.length - before, 1 + LIMITS.retries);
  });

  it("does not mistake an HTML page with status 200 for an empty list", async () => {
    const runners = await client(() => ({ body: "<html>maintenance</html>", headers: { "content-type": "text/html" } }));
    await assert.rejects(runners.find("a", signal()), /truncated or not what the API documents/);
  });

  it("bounds each call that hangs by a timeout, and the whole by the caller's signal", async () => {
    const runners = await client(() => "hang");
    await assert.rejects(runners.find("a", signal()), (error: GitHubError) => error instanceof GitHubError && error.status === 0);
    assert.equal(server.seen.length, 1 + LIMITS.retries);

    const before = server.seen.length;
    await assert.rejects(
      within(systemClock, "the lookup", 50, (bound) => runners.find("a", bound)),
      /the lookup took longer than 50 ms/,
    );
    assert.equal(server.seen.length, before + 1);
  });

  const limits: [string, Answer][] = [
    [
      "403 with no calls left",
      {
        status: 403,
        headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1795316400" },
        body: { message: "API rate limit exceeded" },
      },
    ],
    ["429 with retry-after", { status: 429, headers: { "retry-after": "60" }, body: { message: "secondary rate limit" } }],
    ["403 with only a message", { status: 403, body: { message: "You have exceeded a secondary rate limit" } }],
  ];
  for (const [what, answer] of limits) {
    it(`does not retry into a rate limit: ${what}`, async () => {
      const runners = await client(() => answer);
      await assert.rejects(runners.find("a", signal()), (error: GitHubError) => {
        assert.match(error.message, /rate limit until \d{4}-/);
        return error.retryAt instanceof Date;
      });
      assert.equal(server.seen.length, 1);
    });
  }

  it("does not report a missing permission as a rate limit", async () => {
    const runners = await client(() => ({
      status: 403,
      headers: { "x-ratelimit-remaining": "4999" },
      body: { message: "Resource not accessible by integration" },
    }));
    await assert.rejects(
      runners.createRegistrationToken(signal()),
      (error: GitHubError) => error.status === 403 && error.retryAt === undefined,
    );
  });

  it("distinguishes a removed runner, a busy runner and one that did not exist", async () => {
    const runners = await client(({ path }) => {
      if (path.endsWith("/1")) return { status: 204 };
      if (path.endsWith("/2")) return { status: 422, body: { message: 'Bad request - Runner "i-2" is still running a job"' } };
      return { status: 404, body: { message: "Not Found" } };
    });
    assert.equal(await runners.remove(1, signal()), "deleted");
    assert.equal(await runners.remove(2, signal()), "busy");
    assert.equal(await runners.remove(3, signal()), "gone");
    assert.deepEqual(
      server.calls,
      [1, 2, 3].map((id) => `DELETE ${RUNNERS}/${id}`),
    );
  });

  it("removes all custom labels in one call, and accepts that the runner does not exist", async () => {
    const runners = await client(({ path }) =>
      path.includes("/7/") ? { body: { total_count: 1, labels: [] } } : { status: 404, body: {} },
    );
    assert.equal(await runners.removeCustomLabels(7, signal()), "removed");
    assert.equal(await runners.removeCustomLabels(8, signal()), "gone");
    assert.equal(server.calls[0], `DELETE ${RUNNERS}/7/labels`);
    assert.equal(await runners.setCustomLabels(7, ["ended"], signal()), "set");
    assert.equal(await runners.setCustomLabels(8, ["ended"], signal()), "gone");
    assert.equal(server.calls[2], `PUT ${RUNNERS}/7/labels`);
  });

  describe("as a GitHub App", () => {
    const app = (installationId?: number) => ({
      credentials: { appId: "12", privateKeySecret: "key", ...(installationId ? { installationId } : {}) },
    });

    function appServer(tokens: string[]): Respond {
      return ({ path, headers }) => {
        if (path === "/orgs/octo-org/installation") return { body: { id: 34 } };
        if (path === "/app/installations/34/access_tokens") {
          assert.match(headers.authorization ?? "", /^bearer [\w-]+\.[\w-]+\.[\w-]+$/);
          return { status: 201, body: { token: tokens.shift(), expires_at: "2099-01-01T00:00:00Z", permissions: {} } };
        }
        return headers.authorization === "token good" ? { body: list(1) } : { status: 401, body: { message: "Bad credentials" } };
      };
    }

    it("looks up its installation and caches the installation token for later calls", async () => {
      const runners = await client(appServer(["good"]), app());
      await runners.find("runner-1", signal());
      await runners.find("runner-1", signal());
      assert.deepEqual(server.calls, [
        "GET /orgs/octo-org/installation",
        "POST /app/installations/34/access_tokens",
        `GET ${RUNNERS}`,
        `GET ${RUNNERS}`,
      ]);
      assert.deepEqual(secretReads, ["key"]);
    });

    it("needs no lookup when the installation id is given", async () => {
      const runners = await client(appServer(["good"]), app(34));
      await runners.find("runner-1", signal());
      assert.deepEqual(server.calls, ["POST /app/installations/34/access_tokens", `GET ${RUNNERS}`]);
    });

    it("mints a new installation token when the old one was revoked", async () => {
      const runners = await client(appServer(["revoked", "good"]), app(34));
      assert.equal((await runners.find("runner-1", signal()))?.id, 1);
    });

    it("reports that the App is not installed instead of a bare 404", async () => {
      const runners = await client(() => ({ status: 404, body: { message: "Not Found" } }), app());
      await assert.rejects(runners.find("a", signal()), /the GitHub App is not installed for organization octo-org; install it there/);
    });

    it("reports what the secret must contain when it is not a key", async () => {
      const runners = await client(() => ({ body: {} }), app(34), { key: "not a key" });
      await assert.rejects(runners.find("a", signal()), /the secret must contain the App's private key, as PEM, in plain text/);
    });

    it("never includes a credential in an error, however the call fails", async () => {
      const tokens = ["good-but-secret"];
      const runners = await client(appServer(tokens), app(34));
      await assert.rejects(runners.find("a", signal()), (error: unknown) => {
        const everything = JSON.stringify(error) + String(error) + JSON.stringify(Object.getOwnPropertyDescriptors(error));
        assert.doesNotMatch(everything, /good-but-secret|bearer|BEGIN/);
        return true;
      });
    });
  });
});
