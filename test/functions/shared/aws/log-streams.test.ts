import assert from "node:assert/strict";
import type { CloudWatchLogs } from "../../../../functions/shared/aws/clients";
import { pagesBackward } from "../../../../functions/shared/aws/log-streams";

describe("a log stream that is read backward", () => {
  /** Answers by pages, of which the last is the begin of the stream. */
  async function read(pages: (string[] | Error)[]): Promise<{ texts: string[][]; calls: number }> {
    let calls = 0;
    const client = {
      send: async ({ input }: { input: { nextToken?: string } }) => {
        const index = Number(input.nextToken ?? 0);
        calls += 1;
        const page = pages[index]!;
        if (page instanceof Error) throw page;
        return { events: page.map((message) => ({ message })), nextBackwardToken: String(Math.min(index + 1, pages.length - 1)) };
      },
    } as unknown as CloudWatchLogs;
    const texts: string[][] = [];
    for await (const page of pagesBackward(client, "g", "s")) texts.push(page);
    return { texts, calls };
  }

  it("has pages without events among others, which are not its begin", async () => {
    assert.deepEqual(await read([[], ["c", "d"], [], ["a", "b"], []]), {
      texts: [
        ["c", "d"],
        ["a", "b"],
      ],
      calls: 5,
    });
  });

  it("is not read without end, and none is no error", async () => {
    assert.equal((await read(Array(50).fill(["x"]))).calls, 10);
    const none = Object.assign(new Error("no such stream"), { name: "ResourceNotFoundException" });
    assert.deepEqual(await read([none]), { texts: [], calls: 1 });
    await assert.rejects(read([new Error("throttled")]), /throttled/);
  });
});
