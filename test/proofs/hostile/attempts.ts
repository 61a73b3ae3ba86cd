import assert from "node:assert/strict";
import { UNITS } from "../../../contract/actions-runner-pool/host";
import { ended } from "../../../rehearsal/github/jobs";
import type { LivePool } from "../../../rehearsal/scenarios/actions-runner-pool/live-pool";

/** An attempt of a hostile job. Its script exits with 0 if and only if the attempt succeeded. */
export interface Attempt {
  title: string;
  script: string;
  /** Matches the refusal, where the script could also fail for another reason. */
  refusal?: RegExp;
}

export interface Outcome {
  /** Exit code; 124 if it took longer than ATTEMPT_SECONDS. */
  code: number;
  output: string;
}

/** Many times the usual duration of an attempt; one that hangs must not fail its job. */
const ATTEMPT_SECONDS = 25;
const RESULTS = "/var/tmp/hostile";

/** Runs all attempts, one after another, in one real job on this instance, as the job's user in the runner's unit. */
export async function asJob(
  pool: LivePool,
  instance: string,
  attempts: readonly Pick<Attempt, "script">[],
  name: string,
): Promise<Outcome[]> {
  const folder = `${RESULTS}/${name}`;
  // The final sleep: after a job shorter than a second, a drain may wait for what might be another message.
  const run = [`mkdir -p ${folder}`, ...attempts.map((attempt, index) => recorded(folder, index, attempt.script)), "sleep 1"].join("\n");
  const steps = [{ name: "attempts", run }];
  const job = pool.environment.github.job(pool.queueOn(instance, { name, steps }));
  await pool.until(`${name} to end`, () => ended(job), 60 + ATTEMPT_SECONDS * attempts.length);
  assert.equal(job.state, "succeeded", `${name}: ${job.detail ?? JSON.stringify(job.annotations)}`);
  return outcomes(pool, instance, folder, attempts.length);
}

/** The same scripts as root outside the runner's unit: an attempt that fails there too proves nothing. */
export async function asRoot(
  pool: LivePool,
  instance: string,
  attempts: readonly Pick<Attempt, "script">[],
  name: string,
): Promise<Outcome[]> {
  const folder = `${RESULTS}-of-root/${name}`;
  await pool.sh(instance, [`mkdir -p ${folder}`, ...attempts.map((attempt, index) => recorded(folder, index, attempt.script))].join("\n"));
  return outcomes(pool, instance, folder, attempts.length);
}

/** The attempt failed, with the expected refusal. */
export function assertRefused(attempt: Attempt, outcome: Outcome | undefined): void {
  assert.ok(outcome);
  assert.notEqual(outcome.code, 0, `the attempt succeeded: ${attempt.script}\n${outcome.output}`);
  if (attempt.refusal)
    assert.ok(
      attempt.refusal.test(outcome.output),
      `exit code ${outcome.code}, but not refused by ${attempt.refusal}: ${attempt.script}\n${outcome.output}`,
    );
}

export function assertWorks(attempt: Attempt, outcome: Outcome | undefined): void {
  assert.ok(outcome);
  assert.equal(
    outcome.code,
    0,
    `the attempt proves nothing, because it fails here too (exit code ${outcome.code}): ${attempt.script}\n${outcome.output}`,
  );
}

/** Terminates this instance in its group and waits until it is gone. */
export async function scaleIn(pool: LivePool, instance: string, seconds = 240): Promise<void> {
  const [group] = pool.environment.aws.autoscaling.groupNames();
  await pool.environment.aws.gateway.call({ kind: "operator" }, "autoscaling:UpdateAutoScalingGroup", {
    AutoScalingGroupName: group,
    MinSize: 0,
  });
  await pool.environment.context.group.terminate(instance);
  await pool.until(`${instance} to be gone`, () => pool.gone(instance), seconds);
}

/** The uid of the job's user, which also names its slice. */
export async function runnerUid(pool: LivePool, instance: string): Promise<number> {
  return Number(await pool.sh(instance, `id -u "$(systemctl show ${UNITS.runner} --property=User --value)"`));
}

function recorded(folder: string, index: number, script: string): string {
  // In base64, so that no script has to escape quotes.
  const text = Buffer.from(script).toString("base64");
  const run = `timeout --kill-after=2 ${ATTEMPT_SECONDS} bash -c "$(echo ${text} | base64 -d)"`;
  return `code=0; ${run} </dev/null >${folder}/${index}.out 2>&1 || code=$?; echo $code >${folder}/${index}.code`;
}

async function outcomes(pool: LivePool, instance: string, folder: string, count: number): Promise<Outcome[]> {
  const each = `echo "$(cat ${folder}/$n.code) $(head -c 4000 ${folder}/$n.out | base64 -w0)"`;
  const text = await pool.sh(instance, `for n in $(seq 0 ${count - 1}); do ${each}; done`);
  const found = text.split("\n").map((line) => {
    const [code, output = ""] = line.split(" ");
    return { code: Number(code), output: Buffer.from(output, "base64").toString("utf8") };
  });
  assert.equal(found.length, count, text);
  return found;
}
