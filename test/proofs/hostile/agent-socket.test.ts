import assert from "node:assert/strict";
import { AGENT_ROUTES, PATHS, UNITS } from "../../../contract/actions-runner-pool/host";
import { DETAIL_TYPE } from "../../../contract/aws/lifecycle";
import { ended } from "../../../rehearsal/github/jobs";
import { needSystemd } from "../../rehearsal/hosts/rig";
import { LivePool } from "../../../rehearsal/scenarios/actions-runner-pool/live-pool";
import { asJob, assertRefused, scaleIn, type Attempt, type Outcome } from "./attempts";

/** Several times the usual duration; a bound on a hang, not a measurement. */
const BOUND_MS = 900_000;
/** Seconds that the flood lasts: several times the agent's delay before it removes the protection of an idle runner. */
const FLOOD_SECONDS = 25;

const ask = (options: string, url: string) => `curl -sS -m 3 -g --unix-socket ${PATHS.socket} -w '%{http_code}' ${options} ${url}`;
/** Any 2xx answer counts as success. */
const route = (title: string, options: string, url: string): Attempt => ({
  title,
  script: `answer=$(${ask(options, url)}); echo "answer $answer"; [[ $answer == 2?? ]]`,
  refusal: /answer (\d*4\d\d|000)$/m,
});

const ATTEMPTS: Attempt[] = [
  route("to reach the instance's metadata", "", "http://169.254.169.254/latest/meta-data/instance-id"),
  route("as a proxy to the instance's metadata", "--request-target http://169.254.169.254/latest/meta-data/instance-id", "http://agent/"),
  route("to stop the runner", "-X POST", "http://agent/stop"),
  route("to complete the termination", "-X POST", "http://agent/complete"),
  route(
    "to remove the protection of another instance",
    "-X POST",
    `'http://agent${AGENT_ROUTES.jobCompleted}?instance=i-00000000000000b01'`,
  ),
  route("to read a file", "--path-as-is", "http://agent/../../etc/ci-runners/config.json"),
  route("to send a hint with GET", "", `http://agent${AGENT_ROUTES.jobCompleted}`),
  route("to send 100 kB of headers", `-H "X: $(head -c 100000 /dev/zero | tr '\\0' x)" -X POST`, `http://agent${AGENT_ROUTES.jobStarted}`),
];

/** Claims ten times a second that no job runs, floods the socket with requests, and holds connections open. */
const FLOOD = `post() { curl -s -m 2 -o /dev/null --unix-socket ${PATHS.socket} -X POST "http://agent$1"; }
python3 - <<'PY' &
import socket, time
held = []
for n in range(200):
    s = socket.socket(socket.AF_UNIX)
    s.setblocking(False)
    try:
        s.connect("${PATHS.socket}")
        s.send(b"POST ${AGENT_ROUTES.jobCompleted} HTTP/1.1\\r\\n")
    except OSError:
        pass
    held.append(s)
end = time.time() + ${FLOOD_SECONDS}
sent = 0
while time.time() < end:
    try:
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(1)
        s.connect("${PATHS.socket}")
        s.sendall(b"POST ${AGENT_ROUTES.jobCompleted} HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n")
        s.recv(100)
        s.close()
        sent += 1
    except OSError:
        pass
print("flood", sent)
PY
for n in $(seq ${FLOOD_SECONDS * 10}); do post ${AGENT_ROUTES.jobCompleted} || true; sleep 0.1; [ $SECONDS -lt ${FLOOD_SECONDS} ] || break; done
wait`;

describe("a job that talks to the agent", function () {
  this.timeout(BOUND_MS);
  let pool: LivePool;
  let instance: string;
  let answers: Outcome[];

  const protection = () => pool.hostLogs(instance, "scale-in protection").map(({ fields }) => fields.protected);
  const isProtected = () => {
    const [group] = pool.environment.aws.autoscaling.groupNames();
    return pool.environment.aws.autoscaling.group(group!)?.instances.find(({ id }) => id === instance)?.protected;
  };

  before(async function () {
    needSystemd(this);
    pool = await LivePool.open(1);
    [instance] = pool.inService() as [string];
    answers = await asJob(pool, instance, ATTEMPTS, "answers");
  });
  after(() => pool?.close());

  for (const [index, attempt] of ATTEMPTS.entries()) {
    it(`cannot use the agent's socket ${attempt.title}`, () => assertRefused(attempt, answers[index]));
  }

  it("can send a job hint, so the refusals above come from the agent", async () => {
    const hint = route("", "-X POST", `http://agent${AGENT_ROUTES.jobStarted}`);
    const [answer] = await asJob(pool, instance, [hint], "hint");
    assert.equal(answer!.code, 0, answer!.output);
  });

  it("keeps its protection, and the drain waits for it, although it floods the agent with claims that no job runs", async () => {
    await pool.until("the last job's protection to be cleared", () => protection().at(-1) === false);
    const starts = await pool.sh(instance, `systemctl show ${UNITS.agent} --property=MainPID --value`);
    const before = protection().length;
    // The termination event is lost: the agent must detect the termination itself, during the flood.
    pool.environment.aws.bus.settings.decide = (event) => (event["detail-type"] === DETAIL_TYPE.terminating ? "lose" : "deliver");
    const job = pool.environment.github.job(pool.queueOn(instance, { name: "flood", steps: [{ name: "flood", run: FLOOD }] }));
    await pool.until("the job's instance to be protected", () => isProtected() === true);
    await new Promise((resolve) => setTimeout(resolve, 8_000));
    assert.deepEqual(protection().slice(before), [true], "still protected after more than twice the delay for an idle runner");
    assert.ok(!ended(job), "the flood must outlast the start of the drain, or the test shows nothing");
    await scaleIn(pool, instance);
    assert.equal(job.state, "succeeded", job.detail);
    assert.equal(pool.hostLogs(instance, "drain begun").at(-1)?.fields.inFlight, "worker");
    assert.deepEqual(pool.hostLogs(instance, "agent started").length, 1, `the agent (pid ${starts}) must have survived the flood`);
    assert.deepEqual(pool.hostLogs(instance, "instance metadata does not answer, keeping the last target state"), []);
  });
});
