import assert from "node:assert/strict";
import { LOG, PATHS, UNITS } from "../../../contract/actions-runner-pool/host";
import { poolNames } from "../../../contract/actions-runner-pool/names";
import { HOST_UNITS } from "../../../contract/shared/host-units";
import { AwsError } from "../../../rehearsal/aws/api";
import { ended } from "../../../rehearsal/github/jobs";
import { LivePool } from "../../../rehearsal/scenarios/actions-runner-pool/live-pool";
import { needSystemd } from "../../rehearsal/hosts/rig";

/** Several times the usual duration; a bound on a hang, not a measurement. */
const BOUND_MS = 1_200_000;
const OPERATOR = { kind: "operator" } as const;

interface Delivered {
  source: string;
  uid?: number;
  file?: string;
  message?: string;
  log?: Record<string, unknown> & { message: string; time: string; part: string };
}

const outage = () => new AwsError("ServiceUnavailableException", "The service cannot complete the request.", 503);

/** What a job says, in each place where it can. */
const SAYS = `systemd-cat --identifier=job bash -c 'echo said to the journal; sleep 1'
echo '[2026-11-29 15:00:00Z INFO JobRunner] said in a diagnostic log' >>${PATHS.runner}/_diag/Worker_20261129-150000-utc.log`;

describe("the logs of hosts, after the hosts are gone", function () {
  this.timeout(BOUND_MS);
  let pool: LivePool;
  let group: string;
  let poolName: string;

  before(async function () {
    needSystemd(this);
    pool = await LivePool.open(2, [], {}, undefined, { hostLogs: { retentionDays: 7 } });
    [poolName] = pool.environment.aws.autoscaling.groupNames() as [string];
    group = poolNames(poolName).hostLogGroup;
    await setSize(pool, { MinSize: 0 });
  });
  after(() => pool?.close());

  const setSize = (of: LivePool, size: object) =>
    of.environment.aws.gateway.call(OPERATOR, "autoscaling:UpdateAutoScalingGroup", { AutoScalingGroupName: poolName, ...size });
  const stream = (instance: string): Delivered[] =>
    (pool.environment.aws.logs.texts(group, instance) ?? []).map((text) => JSON.parse(text) as Delivered);
  /** What root's programs have logged on the instance, as the machine's own journal has it: read from its disk after its end. */
  const logged = (instance: string) =>
    pool.events.flatMap((event) => (event.kind === "host-log" && event.instance === instance && event.fields.part ? [event] : []));
  const keyOf = (message: string, { time, part }: Record<string, unknown>) => `${time} ${part} ${message}`;
  const keys = (instance: string) => new Set(stream(instance).flatMap(({ log }) => (log ? [keyOf(log.message, log)] : [])));
  /** Lines of the journal that the stream does not have. */
  const missing = (instance: string) => {
    const delivered = keys(instance);
    return logged(instance)
      .map(({ message, fields }) => keyOf(message, fields))
      .filter((key) => !delivered.has(key));
  };
  const fail = (action: string, instance: string) =>
    pool.environment.aws.faults.inject({ action, principal: "instance", instance, error: outage() });
  const launch = () => setSize(pool, { DesiredCapacity: pool.environment.context.group.desired() + 1 });
  async function scaleIn(instance: string): Promise<void> {
    await pool.environment.context.group.terminate(instance);
    await pool.until(`${instance} to be gone`, () => pool.gone(instance), 240);
  }
  async function runJob(instance: string, name: string, run: string): Promise<void> {
    const job = pool.environment.github.job(pool.queueOn(instance, { name, steps: [{ name, run }] }));
    await pool.until(`${name} to end`, () => ended(job), 120);
    assert.equal(job.state, "succeeded", job.detail);
  }

  it("a drained instance's stream has each line of its programs up to the completion, also those of an outage", async () => {
    const [instance] = pool.inService() as [string];
    const lift = fail("logs:PutLogEvents", instance);
    await runJob(instance, "build", SAYS);
    await pool.until(
      "the outage to be seen",
      () => pool.hostLogs(instance, "the host's logs could not be delivered, trying again").length > 0,
    );
    // The next one goes on where this one was.
    await pool.sh(instance, `systemctl kill --signal=KILL ${HOST_UNITS.logs}`);
    lift();
    await scaleIn(instance);
    const lines = logged(instance);
    assert.ok(lines.some(({ message }) => message === LOG.drainEnded) && lines.length > 10, `${lines.length} lines`);
    const completed = lines.findIndex(({ message }) => message === LOG.actionCompleted);
    assert.ok(completed >= 0, "the completion has logged");
    // All that it and its helpers logged from then on: it has asked for the delivery before.
    const late = lines.slice(completed).map(({ message, fields }) => keyOf(message, fields));
    assert.deepEqual(
      missing(instance).filter((key) => !late.includes(key)),
      [],
    );
    // The user data's own lines, of before the shipper existed.
    assert.ok(
      stream(instance).some(({ source, message }) => source === "cloud-final.service" && /ci-runners: installed/.test(message ?? "")),
    );
    assert.ok(
      stream(instance).some(({ source, message }) => source === UNITS.runner && /^Started /.test(message ?? "")),
      "systemd's own lines",
    );
    assert.ok(stream(instance).some(({ source, message }) => source === "listener" && /Listening for Jobs/.test(message ?? "")));
  });

  it("a job's diagnostics, what it logged and its run are in the stream after the instance is gone", async () => {
    const [instance] = pool.environment.aws.logs.streamNames(group).filter((name) => pool.gone(name)) as [string];
    const lines = stream(instance);
    const diagnostic = lines.find(({ source, message }) => source === "diagnostics" && message?.includes("said in a diagnostic log"));
    assert.equal(diagnostic?.file, "Worker_20261129-150000-utc.log");
    assert.ok(
      lines.some(({ source, file }) => source === "diagnostics" && file?.startsWith("Runner_")),
      "the listener's own",
    );
    const said = lines.find(({ message }) => message === "said to the journal");
    assert.equal(said?.source, UNITS.runner);
    assert.ok(said.uid! > 0, "told apart from what root's programs say");
    const started = lines.find(({ log }) => log?.message === LOG.jobStarted)?.log;
    const { run } = pool.environment.github.job([...pool.environment.github.jobs()].find(({ spec }) => spec.name === "build")!.id);
    assert.deepEqual([started?.job, started?.run, started?.claimed], ["build", run.id, true]);
    assert.match(String(started?.url), new RegExp(`^https://github\\.com/[\\w-]+/[\\w-]+/actions/runs/${run.id}/attempts/1$`));
  });

  it("an outage of CloudWatch Logs delays neither job nor termination", async () => {
    const [instance] = pool.inService() as [string];
    const lifts = ["logs:PutLogEvents", "logs:CreateLogStream"].map((action) => fail(action, instance));
    const job = pool.environment.github.job(pool.queueOn(instance, { name: "during", steps: [{ name: "during", run: "sleep 8" }] }));
    await pool.until("the job to start", () => pool.hostLogs(instance, LOG.jobStarted).length > 0, 120);
    await scaleIn(instance);
    assert.equal(job.state, "succeeded", job.detail);
    for (const lift of lifts) lift();
    const [warning] = pool.hostLogs(instance, "the host's logs are not delivered up to now, going on without");
    assert.ok(warning, "the completion has waited, and gone on");
    assert.equal(pool.hostLogs(instance, LOG.actionCompleted).length, 1);
    const [drained] = pool.hostLogs(instance, LOG.drainEnded);
    assert.deepEqual([drained?.fields.job, drained?.fields.run], ["during", job.run.id], "the drain says which job it waited for");
  });

  it("an instance that never bootstrapped has its console in its stream, once", async () => {
    const { aws } = pool.environment;
    const refuse = aws.faults.inject({
      action: "s3:GetObject",
      principal: "instance",
      error: new AwsError("AccessDenied", "Access Denied", 403),
    });
    const before = new Set(aws.fleet.list().map(({ id }) => id));
    await launch();
    const failed = () => aws.fleet.list().find(({ id, state }) => !before.has(id) && state === "terminated")?.id;
    await pool.untilSeen("a launch to fail", async () => failed() !== undefined, 400);
    refuse();
    const instance = failed()!;
    const sweep = () => aws.lambda.invoke(poolNames(poolName).sweepFunction, {});
    await pool.untilSeen("the console to be copied", async () => (await sweep(), stream(instance).length > 0), 240);
    const lines = stream(instance);
    assert.deepEqual([...new Set(lines.map(({ source }) => source))], ["console"]);
    assert.ok(lines.some(({ message }) => /ci-runners: bootstrap failed: .* could not be downloaded/.test(message ?? "")));
    await sweep();
    await sweep();
    assert.equal(stream(instance).length, lines.length, "copied once");
    const reported = aws.lambda.logs.filter(({ line }) => line.includes("launch failed on its host"));
    assert.equal(reported.length, 1);
    assert.match(reported[0]!.line, /could not be downloaded/);
  });

  it("a killed instance's stream ends at most one flush before", async () => {
    if (pool.inService().length === 0) await launch();
    await pool.until("an instance in service", () => pool.inService().length > 0, 400);
    const [instance] = pool.inService() as [string];
    const marks = () => stream(instance).flatMap(({ log }) => (log?.part === "mark" ? [Number(log.message)] : []));
    // A line a second of root's, in a unit that is delivered; it ends with the machine.
    const script = `for n in $(seq 1000); do printf '{"time":"t","part":"mark","message":"%s"}\\n' $n; sleep 1; done`;
    await pool.sh(
      instance,
      `cat >/root/marks.sh <<'END'\n${script}\nEND\nsystemd-run --quiet --unit=${HOST_UNITS.setup} bash /root/marks.sh`,
    );
    await pool.untilSeen("a few flushes", async () => marks().length >= 8, 120);
    await pool.run(instance, "systemctl poweroff --force --force").catch(() => undefined);
    const { fleet } = pool.environment.aws;
    await fleet.lose(fleet.get(instance)!);
    const written = pool.events.flatMap((event) =>
      event.kind === "host-log" && event.instance === instance && event.fields.part === "mark" ? [Number(event.message)] : [],
    );
    const [lastDelivered, lastWritten] = [Math.max(...marks()), Math.max(...written)];
    // Five seconds of pause, and the time that a pass takes.
    assert.ok(lastWritten - lastDelivered <= 7, `line ${lastDelivered} of ${lastWritten} is the last one delivered`);
    assert.deepEqual(
      marks(),
      [...Array(lastDelivered).keys()].map((n) => n + 1),
      "none is missing before, and none is there twice",
    );
  });

  it("an instance that is shut down has everything up to the end of its runner in its stream, although it never starts again", async () => {
    const { fleet } = pool.environment.aws;
    // The one that was killed may still count as in service.
    const running = () => pool.inService().filter((id) => fleet.get(id)?.state === "running");
    await launch();
    await pool.until("an instance in service", () => running().length > 0, 400);
    const [instance] = running() as [string];
    // In service it starts its runner; one that shuts down before has no drain.
    await pool.until("its runner to be online", () => pool.environment.context.jobs.online().includes(instance), 120);
    // The start of the runner has ended the reader of before.
    await pool.untilSeen(
      "a reader",
      async () => (await pool.run(instance, `systemctl is-active ${HOST_UNITS.diagnostics}`)).exitCode === 0,
      60,
    );
    // As late as anything of the runner's: the job's user writes it after the drain.
    await pool.sh(
      instance,
      `mkdir -p /run/systemd/system/${UNITS.runner}.d
printf '[Service]\\nExecStopPost=/bin/sh -c "echo said at the stop >>${PATHS.runner}/_diag/Worker_20261129-160000-utc.log"\\n' \\
  >/run/systemd/system/${UNITS.runner}.d/late.conf
systemctl daemon-reload; systemctl poweroff --no-block`,
    );
    const off = () =>
      pool.run(instance, "true").then(
        ({ exitCode }) => exitCode !== 0,
        () => true,
      );
    await pool.untilSeen("the machine to be off", off, 120);
    // A machine that shuts down refuses a command a moment before its last programs end; after them nothing can come.
    const has = (found: (line: ReturnType<typeof stream>[number]) => boolean) => async () => stream(instance).some(found);
    await pool.untilSeen(
      "the drain in the stream",
      has(({ log }) => log?.message === LOG.drainEnded),
      60,
    );
    await pool.untilSeen(
      "the diagnostics in the stream",
      has(({ source, message }) => source === "diagnostics" && message === "said at the stop"),
      60,
    );
    await fleet.lose(fleet.get(instance)!);
  });
});
