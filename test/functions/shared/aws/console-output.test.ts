import assert from "node:assert/strict";
import type { Ec2 } from "../../../../functions/shared/aws/clients";
import { consoleOutputs } from "../../../../functions/shared/aws/console-output";

const ID = "i-0123456789abcdef0";
const base64 = (text: string) => Buffer.from(text).toString("base64");
const failure = (name: string) => Object.assign(new Error(name), { name });

describe("the console of an ended instance", () => {
  const read = (posted: string | Error, latest: string | Error) => {
    const client = {
      send: async ({ input }: { input: { Latest?: boolean } }) => {
        const answer = input.Latest === true ? latest : posted;
        if (answer instanceof Error) throw answer;
        return answer === "" ? {} : { Output: base64(answer) };
      },
    } as unknown as Ec2;
    return consoleOutputs(client, ID);
  };

  it("is what EC2 has posted and what is there now, if there is anything", async () => {
    assert.deepEqual(await read("posted", "latest"), ["posted", "latest"]);
    assert.deepEqual(await read("", "latest"), ["latest"]);
    assert.deepEqual(await read("", ""), []);
  });

  for (const code of ["UnsupportedOperation", "IncorrectInstanceState", "RequestLimitExceeded"])
    it(`that was posted is not lost, and no sweep fails, because its latest is refused (${code})`, async () => {
      assert.deepEqual(await read("posted", failure(code)), ["posted"]);
      assert.deepEqual(await read("", failure(code)), []);
    });

  it("is none once EC2 has forgotten the instance, but one that may not be read is an error", async () => {
    assert.deepEqual(await read(failure("InvalidInstanceID.NotFound"), ""), []);
    await assert.rejects(read(failure("UnauthorizedOperation"), "latest"), /UnauthorizedOperation/);
  });
});
