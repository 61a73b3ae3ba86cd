import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RehearsalEnvironment } from "../../../../rehearsal/environment/rehearsal-environment";
import { containerCommand, watchContainers } from "../../../../rehearsal/scenarios/actions-runner-pool/job-containers";
import { Timeline } from "../../../../rehearsal/timeline";

describe("the containers of rehearsed jobs", () => {
  it("are one that the job waits for and one that it leaves, or the clean-up would have nothing to do", () => {
    const dir = mkdtempSync(join(tmpdir(), "job-containers-"));
    try {
      writeFileSync(join(dir, "docker"), '#!/bin/sh\necho "$*" >>"$(dirname "$0")/calls"\n');
      chmodSync(join(dir, "docker"), 0o755);
      const command = containerCommand({ name: "job-01", seconds: 7 });
      execFileSync("bash", ["-ec", command], { env: { PATH: `${dir}:${process.env.PATH}` } });
      const label = "--label rehearsed-job=job-01 rootfs sleep";
      assert.equal(readFileSync(join(dir, "calls"), "utf8"), `image inspect rootfs\nrun --detach ${label} 86400\nrun --rm ${label} 7\n`);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it("need no setup script that pulls an image, which most stacks do not have", () => {
    const [first] = containerCommand({ name: "job-01", seconds: 7 }).split("\n");
    assert.equal(first, "docker image inspect rootfs >/dev/null 2>&1 || docker import /srv/rootfs.tar rootfs >/dev/null");
  });

  /** Answers of the machines, by instance: what `docker ps` prints, its exit code, or none at all. */
  async function watched(answers: Record<string, string | number | undefined>) {
    const timeline = new Timeline(() => 0);
    const asked: string[] = [];
    const runCommand = async (instance: string, [command]: string[]) => {
      asked.push(command!);
      const answer = answers[instance];
      if (answer === undefined) throw new Error(`no instance ${instance}`);
      return typeof answer === "number" ? { exitCode: answer, stdout: "", stderr: "" } : { exitCode: 0, stdout: answer, stderr: "" };
    };
    const result = watchContainers({
      context: { timeline },
      github: { job: (id: string) => ({ spec: { name: `name-of-${id}` } }) },
      machines: { hosts: { runCommand } },
    } as unknown as RehearsalEnvironment);
    for (const instance of Object.keys(answers)) timeline.record({ kind: "job", job: "j", change: "succeeded", instance });
    const found = await result();
    assert.ok(
      asked.every((command) => command.endsWith("--filter label=rehearsed-job=name-of-j")),
      asked.join(),
    );
    return found;
  }

  it("are found if they outlive their job, each by the job that began it: the next job's own may run already", async () => {
    assert.deepEqual(await watched({ "i-1": "4f5e\n", "i-2": "" }), { checked: 2, left: ["name-of-j on i-1"] });
  });

  it("are gone with an instance that has left meanwhile", async () => {
    assert.deepEqual(await watched({ "i-1": undefined }), { checked: 0, left: [] });
  });

  it("are not taken for gone where the engine gave no answer", async () => {
    assert.deepEqual(await watched({ "i-1": 1, "i-2": "" }), { checked: 1, left: [] });
  });
});
