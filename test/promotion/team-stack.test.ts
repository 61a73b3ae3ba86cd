import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { deploy } from "../../promotion/deploy";
import { changedStacks } from "../../promotion/changed-stacks";
import { RefusedError } from "../../promotion/refused-error";
import { Repository } from "../../promotion/repository";
import { RepositoryFixture } from "./repository-fixture";

const FILE = "examples/team/Pulumi.team.yaml";

describe("the stack of an example", () => {
  let fixture: RepositoryFixture;
  let before: string;
  let head: string;
  beforeEach(() => {
    fixture = new RepositoryFixture();
    before = fixture.git("rev-parse", "HEAD");
    fixture.write(FILE, readFileSync(join(__dirname, "../..", FILE), "utf8"));
    fixture.write("examples/team/setup.sh", readFileSync(join(__dirname, "../../examples/team/setup.sh"), "utf8"));
    head = fixture.commit(1, "Add an example");
  });
  afterEach(() => fixture.close());

  it("is none of the repository's stacks, or each merge would deploy it into an account that is no one's", () => {
    const repository = new Repository(fixture.dir);
    assert.deepEqual(repository.stacks(head).sort(), ["dev", "prod", "sandbox"]);
    assert.deepEqual(changedStacks(repository, before, head), []);
  });

  it("is not deployed by its name", async () => {
    const environment = { dir: fixture.dir, log: () => undefined, print: () => undefined };
    for (const more of [[], ["--preview"]]) {
      await assert.rejects(
        deploy(["--stack", "team", ...more], environment),
        (error: Error) => error instanceof RefusedError && /^--stack team: \w+ has no Pulumi\.team\.yaml; give one of /.test(error.message),
      );
    }
  });
});
