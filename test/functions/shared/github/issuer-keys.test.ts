import assert from "node:assert/strict";
import { errors } from "jose";
import { IssuerKeys, IssuerUnavailable } from "../../../../functions/shared/github/issuer-keys";
import { SigningKeys } from "../../../../rehearsal/github/oidc/signing-keys";
import { VirtualClock } from "../../../../rehearsal/virtual-clock";
import { type Answer, LoopbackServer } from "../../support/server";

const MINUTE = 60_000;

describe("the keys of an issuer of tokens", () => {
  let server: LoopbackServer;
  /** Publishes the same keys at another origin. */
  let stranger: LoopbackServer;
  let signing: SigningKeys;
  let clock: VirtualClock;
  let keys: IssuerKeys;
  let answers: { discovery?: Answer | "hang"; jwks?: Answer | "hang" };
  const reads = () => server.calls.filter((call) => call.endsWith("/jwks")).length;
  const current = () => ({ alg: "RS256", kid: String(signing.published().keys[0]!["kid"]) });

  beforeEach(async () => {
    answers = {};
    signing = new SigningKeys();
    clock = new VirtualClock();
    server = await new LoopbackServer(({ path }) => {
      if (path === "/moved/jwks") return { body: signing.published() };
      if (path.endsWith("/jwks")) {
        const answer = answers.jwks ?? { body: signing.published() };
        // Once its first half is sent.
        if (answer !== "hang" && answer.cutOff) setTimeout(() => server.cut(), 100);
        return answer;
      }
      return answers.discovery ?? { body: { issuer: `${server.url}/token`, jwks_uri: `${server.url}/token/.well-known/jwks` } };
    }).start();
    stranger = await new LoopbackServer(() => ({ body: signing.published() })).start();
    keys = new IssuerKeys(`${server.url}/token`, { clock });
  });
  afterEach(async () => {
    clock.close();
    await server.stop();
    await stranger.stop();
  });

  const lookUp = (header: { alg?: string; kid?: string } = current()) =>
    keys.find(header).then(
      (key) => key.type,
      (error: unknown) =>
        error instanceof IssuerUnavailable ? "unavailable" : error instanceof errors.JWKSNoMatchingKey ? "unknown" : error,
    );
  /** The clock stands still while the server answers. */
  const outcome = (header = current()) => clock.during(() => lookUp(header));

  it("are read once for the tokens of an hour, however many come at the same time", async () => {
    assert.deepEqual(await Promise.all([outcome(), outcome(), outcome()]), ["public", "public", "public"]);
    await clock.sleep(59 * MINUTE);
    assert.equal(await outcome(), "public");
    assert.equal(reads(), 1);
    await clock.sleep(2 * MINUTE);
    assert.equal(await outcome(), "public");
    assert.equal(reads(), 2);
  });

  it("are read again for a token that was signed by a new key, at once", async () => {
    await outcome();
    await clock.sleep(MINUTE);
    signing.rotate();
    assert.equal(await outcome(), "public");
    assert.equal(reads(), 2);
  });

  it("cause no more than one request in 30 s, although anyone can make up names of keys", async () => {
    await outcome();
    for (let second = 0; second < 60; second += 2) {
      assert.equal(await outcome({ alg: "RS256", kid: `made-up-${second}` }), "unknown");
      await clock.sleep(2_000);
    }
    assert.equal(reads(), 1 + 1);
  });

  it("serve for ten more minutes while GitHub is down, and then leave the token unjudged instead of refused", async () => {
    await outcome();
    answers.jwks = { status: 503 };
    await clock.sleep(69 * MINUTE);
    assert.equal(await outcome(), "public");
    await clock.sleep(2 * MINUTE);
    assert.equal(await outcome(), "unavailable");
    delete answers.jwks;
    await clock.sleep(MINUTE);
    assert.equal(await outcome(), "public");
  });

  it("leave a token with a new key unjudged while GitHub is down, and ask no more often for it", async () => {
    await outcome();
    const known = current();
    signing.rotate();
    answers.jwks = { status: 503 };
    await clock.sleep(MINUTE);
    assert.deepEqual([await outcome(), await outcome(), await outcome(known)], ["unavailable", "unavailable", "public"]);
    assert.equal(reads(), 2);
  });

  it("forget a key that is no longer published", async () => {
    const first = current();
    await outcome(first);
    signing.rotate(false);
    await clock.sleep(61 * MINUTE);
    assert.equal(await outcome(first), "unknown");
  });

  const broken: [string, () => void][] = [
    [
      "the discovery document of another issuer",
      () => (answers.discovery = { body: { issuer: `${server.url}/other`, jwks_uri: `${server.url}/token/.well-known/jwks` } }),
    ],
    [
      "keys that are kept at a stranger's",
      () => (answers.discovery = { body: { issuer: `${server.url}/token`, jwks_uri: `${stranger.url}/token/.well-known/jwks` } }),
    ],
    ["a redirect, which could lead anywhere", () => (answers.jwks = { status: 302, headers: { location: "/moved/jwks" } })],
    ["a page of text", () => (answers.jwks = { body: "<html>maintenance</html>" })],
    ["a document without keys", () => (answers.jwks = { body: { message: "ok" } })],
    ["a reply that ends too early", () => (answers.jwks = { cutOff: true, body: { keys: [] } })],
    ["an endless reply", () => (answers.jwks = { body: { keys: [], padding: "x".repeat(300_000) } })],
  ];
  for (const [what, breakIt] of broken) {
    it(`are not taken from ${what}`, async () => {
      breakIt();
      assert.equal(await outcome(), "unavailable");
    });
  }

  it("wait five seconds for an issuer that does not answer, and no longer", async () => {
    answers.jwks = "hang";
    const began = clock.now();
    assert.equal(await lookUp(), "unavailable");
    assert.equal(clock.now() - began, 5_000);
  });

  it("are only those for signatures by RS256, whatever else is published under the name", async () => {
    const key = signing.published().keys[0]!;
    answers.jwks = {
      body: {
        keys: [
          { ...key, use: "enc" },
          { kty: "oct", kid: key["kid"], k: "c2VjcmV0" },
        ],
      },
    };
    assert.equal(await outcome(), "unknown");
  });
});
