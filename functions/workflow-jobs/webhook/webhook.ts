/**
 * Webhook function: records in the ledger what GitHub reports of jobs, and signals the scaler of the pool that serves them.
 *
 * ## Trigger
 *
 * A POST to the function URL, by GitHub's webhook: the App's own, an organization's or a repository's (setup/setup.ts). The URL
 * is public; the signature decides. Events: `workflow_job`, and `ping`, which GitHub sends when a webhook is created. All others
 * are confirmed with 204 and ignored.
 *
 * ## Work for one delivery
 *
 * 1. Refuse what is not a POST (405), is larger than 1 MiB (413), or is not signed with the current or the previous secret (401).
 *    The digest is of the raw body and is compared in constant time. A process reads the secrets at most once in 10 s, whatever
 *    strangers send. While that is slow, a signature is wrong only once the secrets have been read anew.
 * 2. Ignore a job of another account's repository (204): an App's webhook delivers for each of its installations, and whoever installs
 *    a public App could otherwise make the pools launch.
 * 3. Find the pool: it has all the job's labels (../shared/matching.ts). Nothing is written about a job that no pool serves,
 *    unless it has the label `self-hosted` or one that matches a pattern of `ours`: that one is recorded as unserved.
 * 4. Record it by one conditional update (../shared/row-writes.ts). Duplicates, late and reordered deliveries change nothing.
 * 5. If it changed something, signal the pool's scaler, at most once in a second across all processes, and note once an hour that
 *    the repository is active, for the reconciler. Neither can fail the delivery.
 *
 * ## Late, duplicate and lost deliveries
 *
 * - GitHub never repeats a delivery by itself. What could not be recorded is answered with 503, so that GitHub counts it as failed,
 *   and the reconciler requests it again within 5 min. What GitHub never sent, the reconciler finds by reading the queue.
 * - The order of arrival is not that of the events: `completed` may come first. A row's rank decides, never the time.
 * - A run that is run again has new job ids, so it never reopens a completed row.
 *
 * ## Bounds
 *
 * The usual delivery takes two calls of DynamoDB, some 20 ms. The whole has 8 s, because GitHub gives up after 10 s; the function
 * has 10 s.
 *
 * ## Gotchas
 *
 * - `waiting` (for an approval or a concurrency group) is not demand: such a row is in no list.
 * - `started_at` of a job that does not run is the time of its creation, and `runner_name` of a cancelled job is null or empty.
 * - Never log the body or a header: the body is others' business, and a digest helps who guesses the secret.
 * - An answer other than 2xx is all that GitHub remembers of a failure: never answer 2xx to what was not recorded.
 */
import { SOURCE_METRIC } from "../../../contract/workflow-jobs/metrics";
import { DEMAND_TIMING } from "../../../contract/workflow-jobs/timing";
import type { WebhookSecrets } from "../../../contract/workflow-jobs/webhook";
import { type Observer, reasonOf } from "../../shared/lambda/observer";
import { within } from "../../shared/lambda/timeout";
import { type Delivery, receive, type Reply, reply } from "../../shared/webhook/function-url";
import { gitHubDigest, isSigned } from "../../shared/webhook/signature";
import { servesRepository } from "../shared/account";
import { signalDemand } from "../shared/demand-signal";
import { NOTE_MS } from "../shared/job-ledger";
import type { ObservedJob } from "../shared/observed-job";
import { applyJob } from "../shared/row-writes";
import { readJobPayload } from "./payload";
import { NOTED_OUTSIDE, type WebhookPorts } from "./ports";

/** Bytes. A `workflow_job` is some 20 KB, also with a hundred steps. */
const BODY_LIMIT = 1_048_576;

/** Never throws: whatever fails, GitHub gets an answer. */
export async function webhook(event: unknown, ports: WebhookPorts, observer: Observer): Promise<Reply> {
  const received = receive(event, BODY_LIMIT);
  if ("refusal" in received) return received.refusal;
  try {
    const bound = DEMAND_TIMING.webhookBound * 1000;
    return await within(ports.clock, "the delivery", bound, (signal) => handle(received.delivery, ports, observer, signal));
  } catch (error) {
    observer.log.error("the delivery could not be recorded; the reconciler will request it again", { reason: reasonOf(error) });
    observer.count(SOURCE_METRIC.deliveryErrors);
    return reply(503, "not recorded");
  }
}

async function handle({ headers, body }: Delivery, ports: WebhookPorts, observer: Observer, signal: AbortSignal): Promise<Reply> {
  if (!(await isOurs(body, gitHubDigest(headers["x-hub-signature-256"]), ports.secrets))) {
    observer.count(SOURCE_METRIC.refusedDeliveries);
    observer.log.warn("refused a delivery whose signature is wrong or absent");
    return reply(401, "the signature is wrong or absent");
  }
  switch (headers["x-github-event"]) {
    case "workflow_job":
      return handleJob(body, ports, observer, signal);
    case "ping":
      observer.log.info("GitHub's webhook reaches this function");
      return reply(200);
    default:
      return reply(204);
  }
}

/**
 * While Secrets Manager is slow, a secret that is up to ten minutes old serves. What does not match that one may be signed with a newer:
 * a rotation gives it to GitHub once it counts on every process to know it.
 *
 * @throws if the current secret cannot be read: whether the signature is wrong is then not known.
 */
async function isOurs(body: Buffer, digest: string | undefined, secrets: WebhookPorts["secrets"]): Promise<boolean> {
  if (digest === undefined) return false;
  const known = await secrets.get();
  if (isSigned(body, digest, accepted(known))) return true;
  const fresh = await secrets.fresh();
  return fresh !== known && isSigned(body, digest, accepted(fresh));
}

const accepted = ({ current, previous }: WebhookSecrets) => (previous === undefined ? [current] : [current, previous]);

async function handleJob(body: Buffer, ports: WebhookPorts, observer: Observer, signal: AbortSignal): Promise<Reply> {
  const payload = readJobPayload(body);
  if (payload.kind === "malformed") {
    observer.log.error("malformed delivery: nothing done", { problem: payload.problem });
    observer.count(SOURCE_METRIC.malformedDeliveries);
    return reply(400, payload.problem);
  }
  if (payload.kind === "unknown action") {
    observer.log.info("the action is not known", { action: payload.action });
    return reply(204);
  }
  const { repository } = payload.job;
  if (!servesRepository(ports.account, repository)) {
    noteOutside(repository, ports, observer);
    return reply(204);
  }
  await record(payload.job, ports, observer, signal);
  return reply(200);
}

async function record(job: ObservedJob, ports: WebhookPorts, observer: Observer, signal: AbortSignal): Promise<void> {
  const placement = await ports.pools.placementOf(job);
  if (placement === "foreign") return;
  const outcome = await ports.ledger.write(applyJob(job, placement, ports.clock.now()), signal);
  if (outcome === "refused") return;
  const { log, count } = observer;
  count(SOURCE_METRIC.deliveries);
  const { jobId, jobStatus, repository } = job;
  const labels = job.labels.join(", ");
  if (placement !== "unserved") {
    log.info("job recorded", { jobId, jobStatus, repository, pool: placement.pool });
    // A job that is held back changes nothing for the pool.
    if (jobStatus !== "waiting") await signalDemand(placement.pool, ports, observer, signal);
  } else if (jobStatus === "queued") log.warn("a job waits that no pool serves: no pool has all its labels", { jobId, repository, labels });
  await note(repository, ports, observer, signal);
}

/** Once an hour in each process: whoever may install the App decides how many there are. */
function noteOutside(repository: string, { clock, noted }: WebhookPorts, { log }: Observer): void {
  if (clock.now() - (noted.get(NOTED_OUTSIDE) ?? -Infinity) < NOTE_MS) return;
  noted.set(NOTED_OUTSIDE, clock.now());
  log.info("ignored jobs of a repository outside github.organization or github.repository", { repository });
}

async function note(repository: string, { ledger, clock, noted }: WebhookPorts, { log }: Observer, signal: AbortSignal): Promise<void> {
  if (clock.now() - (noted.get(repository) ?? -Infinity) < NOTE_MS) return;
  try {
    await ledger.noteRepository(repository, signal);
    noted.set(repository, clock.now());
  } catch (error) {
    log.warn("the repository could not be noted as active; the reconciler's full round includes it", {
      repository,
      reason: reasonOf(error),
    });
  }
}
