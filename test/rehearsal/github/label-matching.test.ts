import assert from "node:assert/strict";
import { GitHub } from "../../../rehearsal/github";
import { VirtualClock } from "../../../rehearsal/virtual-clock";
import { Timeline } from "../../../rehearsal/timeline";

describe("the labels that GitHub matches with a job", () => {
  const open = (labels: string[]) => {
    const clock = new VirtualClock({ promisesOnly: true });
    const github = new GitHub(clock, new Timeline(() => clock.now()), { wallNow: () => clock.now() });
    github.registerToken("token", ["acme"]);
    const url = "https://github.com/acme";
    const token = github.mintRegistrationToken("acme");
    const { runnerId } = github.register({ url, token, name: "runner", labels, systemLabels: ["self-hosted"] });
    const { sessionId } = github.protocol.createSession({ runnerId });
    const poll = () => github.protocol.poll({ sessionId, status: "Online", waitMs: 1_000 });
    const relabel = (method: string, names: string[]) =>
      github.request({
        method,
        host: "api.github.com",
        path: `/orgs/acme/actions/runners/${runnerId}/labels`,
        query: new URLSearchParams(),
        origin: "https://api.github.com",
        apiVersion: "2022-11-28",
        ifNoneMatch: "",
        authorization: "token token",
        body: { labels: names },
        signal: new AbortController().signal,
      });
    return { github, poll, relabel };
  };

  it("are those of the moment: a cordoned runner gets no job, although it had the labels in its last poll", async () => {
    const { github, poll, relabel } = open(["Pool"]);
    assert.equal(await poll(), undefined);
    assert.equal((await relabel("DELETE", [])).status, 200);
    const waiting = poll();
    const job = github.queueJob({ name: "job", seconds: 1, labels: ["pool"] });
    assert.equal(await waiting, undefined);
    assert.equal(github.job(job).state, "queued");
    assert.equal((await relabel("PUT", ["pool"])).status, 200);
    assert.equal((await poll())?.messageType, "RunnerJobRequest");
    github.close();
  });

  it("are compared without their case, as GitHub does", async () => {
    const { github, poll } = open(["Pool"]);
    github.queueJob({ name: "job", seconds: 1, labels: ["POOL"] });
    assert.equal((await poll())?.messageType, "RunnerJobRequest");
    github.close();
  });
});
