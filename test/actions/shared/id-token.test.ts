import assert from "node:assert/strict";
import { idToken } from "../../../actions/shared/id-token";

const ENV = {
  ACTIONS_ID_TOKEN_REQUEST_URL: "https://vstoken.example/token?api-version=2.0",
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: "request-t0ken",
};

/** GitHub's service, which answers in turn. */
function service(...answers: (Response | Error)[]) {
  const asked: { url: string; authorization: string | null }[] = [];
  const pauses: number[] = [];
  const fetch = (async (url: string, init: RequestInit) => {
    asked.push({ url, authorization: new Headers(init.headers).get("authorization") });
    const answer = answers[Math.min(asked.length, answers.length) - 1]!;
    if (answer instanceof Error) throw answer;
    return answer.clone();
  }) as typeof globalThis.fetch;
  return { asked, pauses, requests: { fetch, pause: async (milliseconds: number) => void pauses.push(milliseconds) } };
}

const token = (value: unknown) => new Response(JSON.stringify({ value }), { status: 200 });

describe("a job's own OIDC token", () => {
  it("is requested for the audience that is meant, with the job's own authority", async () => {
    const { asked, requests } = service(token("eyJ.a.b"));
    assert.equal(await idToken("ci-runners:e2e & co", ENV, requests), "eyJ.a.b");
    assert.deepEqual(asked, [
      { url: "https://vstoken.example/token?api-version=2.0&audience=ci-runners%3Ae2e%20%26%20co", authorization: "Bearer request-t0ken" },
    ]);
  });

  it("is refused with the remedy where the job may have none, as for a fork's pull request", async () => {
    for (const env of [{}, { ...ENV, ACTIONS_ID_TOKEN_REQUEST_TOKEN: "" }]) {
      await assert.rejects(idToken("a", env, service(token("x")).requests), /id-token: write`; a fork's pull request never has any/);
    }
  });

  it("is asked for again while GitHub's service is out of reach, and with a bound", async () => {
    const outage = service(
      new Response("", { status: 503 }),
      Object.assign(new TypeError("fetch failed"), { cause: { code: "ECONNRESET" } }),
      token("t"),
    );
    assert.equal(await idToken("a", ENV, outage.requests), "t");
    assert.equal(outage.pauses.length, 2);
    const gone = service(new Response("", { status: 500 }));
    await assert.rejects(idToken("a", ENV, gone.requests), /answered 500, at 4 attempts/);
    assert.equal(gone.asked.length, 4);
  });

  it("is not asked for again after a refusal, and no error shows the request's token or the answer", async () => {
    const { asked, requests } = service(new Response("request-t0ken is bad", { status: 403 }));
    await assert.rejects(idToken("a", ENV, requests), (error: Error) => {
      assert.equal(error.message, "GitHub's OIDC service answered 403");
      return true;
    });
    assert.equal(asked.length, 1);
  });

  it("is missing in an answer that is none, and that is said", async () => {
    await assert.rejects(idToken("a", ENV, service(token(undefined)).requests), /answered without a token/);
  });
});
