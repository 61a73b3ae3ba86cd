import type { PoolRegistration } from "../../../contract/workflow-jobs/ledger";
import type { Log } from "../../shared/lambda/observer";
import type { PoolsPorts } from "./ports";

/**
 * Makes the pool known to its source of demand, which from then on gives it the jobs that it can run.
 *
 * @throws if the input has another shape: the deployment then fails, instead of a pool without jobs.
 */
export async function registerPool(ports: PoolsPorts, pool: string, input: unknown, log: Log): Promise<void> {
  const registration = registrationOf(pool, input);
  await ports.register(registration);
  log.info("scale: registered the pool", { labels: registration.labels.join(","), priority: registration.priority });
}

/** Open jobs stay in the ledger until they end or expire. */
export async function unregisterPool(ports: PoolsPorts, pool: string, log: Log): Promise<void> {
  await ports.unregister(pool);
  log.info("scale: removed the pool's registration");
}

function registrationOf(pool: string, input: unknown): PoolRegistration {
  const { labels, priority, runnerGroup, repository, rerunLostJobs } = (input ?? {}) as Record<string, unknown>;
  if (!isTexts(labels) || labels.length === 0) throw invalid("labels", labels, "a list of at least one label");
  if (typeof priority !== "number" || !Number.isFinite(priority)) throw invalid("priority", priority, "a number");
  if (!isOptionalText(runnerGroup)) throw invalid("runnerGroup", runnerGroup, "the name of a runner group, or absent");
  if (!isOptionalText(repository)) throw invalid("repository", repository, "owner/name, or absent");
  if (rerunLostJobs !== undefined && typeof rerunLostJobs !== "boolean")
    throw invalid("rerunLostJobs", rerunLostJobs, "true or false, or absent");
  return {
    pool,
    labels: labels.map((label) => label.toLowerCase()),
    priority,
    ...(runnerGroup === undefined ? {} : { runnerGroup }),
    ...(repository === undefined ? {} : { repository }),
    ...(rerunLostJobs === undefined ? {} : { rerunLostJobs }),
  };
}

const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every((one) => typeof one === "string" && one !== "");
const isOptionalText = (value: unknown): value is string | undefined => value === undefined || (typeof value === "string" && value !== "");
const invalid = (key: string, value: unknown, expected: string) =>
  new Error(
    `registration.${key} is ${(JSON.stringify(value) ?? "absent").slice(0, 80)}: must be ${expected}; deploy the pool with the functions of its own release`,
  );
