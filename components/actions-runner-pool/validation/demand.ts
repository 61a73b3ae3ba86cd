import { LARGEST_DEMAND_POOL } from "../../../contract/actions-runner-pool/demand";
import { type Schedule, scheduleProblem } from "../../../contract/actions-runner-pool/schedules";
import { workflowJobsNames } from "../../../contract/workflow-jobs/names";
import { inRange } from "../../shared/in-range";
import { type Violation, notAList, violation } from "../../shared/input-errors";
import { keyArnViolations } from "../../shared/key-rules";
import { DEFAULTS as SOURCE_DEFAULTS } from "../../workflow-jobs/defaults";
import { LOGICAL_NAME_LIMIT, lengthViolations } from "../../workflow-jobs/validation/names";
import { webhookViolations } from "../../workflow-jobs/validation/webhook";
import { type PoolDemand, withTimeZone } from "../demand-settings";
import { ownSourceName } from "../demand-source";
import type { PoolSettings } from "../settings";

/** Seconds; a day. An instance that may idle for longer is one that is kept. */
const IDLE_TIMEOUT_MAX = 86_400;
const PRIORITY_MAX = 1000;
/** A schedule takes about 100 bytes. */
const SCHEDULES_MAX = 20;
/** Bytes of their JSON. All variables of a function together may have 4 KB, and the others take less than 1. */
const SCHEDULES_BYTES = 3000;

const TABLE_ARN = /^arn:[a-z-]+:dynamodb:[a-z0-9-]+:[0-9]{12}:table\/[A-Za-z0-9_.-]{3,255}$/;

export function demandViolations(name: string, settings: PoolSettings): Violation[] {
  const { demand } = settings;
  if (demand === undefined) return [];
  const source = demand.source === undefined ? ownSourceViolations(name, settings, demand) : sourceViolations(demand);
  return [...source, ...rangeViolations(settings, demand), ...scheduleViolations(settings, demand)];
}

function sourceViolations({ source, webhook, ours }: PoolDemand): Violation[] {
  const found = Object.entries({ webhook, ours })
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) =>
      violation(
        `demand.${key}`,
        value,
        "it is an argument of the source, and demand.source has its own",
        `Set it there, or remove one of the two`,
      ),
    );
  const { workflowJobsName, tableArn, kmsKeyArn } = source ?? {};
  if (workflowJobsName === undefined || workflowJobsName === "") {
    const remedy = "Set the output workflowJobsName of a WorkflowJobs";
    found.push(violation("demand.source.workflowJobsName", workflowJobsName, "the source has no name", remedy));
  }
  if (tableArn === undefined || (typeof tableArn === "string" && !TABLE_ARN.test(tableArn))) {
    const remedy = "Set the output tableArn of a WorkflowJobs";
    found.push(violation("demand.source.tableArn", tableArn, "not the ARN of a DynamoDB table", remedy));
  }
  return [...found, ...keyArnViolations({ "demand.source.kmsKeyArn": kmsKeyArn })];
}

/** What the own source would refuse, by the names that the user wrote. */
function ownSourceViolations(name: string, settings: PoolSettings, demand: PoolDemand): Violation[] {
  const { github, poolName } = settings;
  const found = webhookViolations(
    { webhook: { ...SOURCE_DEFAULTS.webhook, ...demand.webhook }, ours: demand.ours ?? SOURCE_DEFAULTS.ours, github },
    "demand.",
  );
  if (github.app === undefined && github.tokenSecretArn !== undefined) {
    const problem = "only a GitHub App has a webhook and may read what the queue needs, and github.tokenSecretArn holds a token";
    found.push(violation("demand", demand, problem, "Set github.app instead, or demand.source to a WorkflowJobs that has an App"));
  }
  const limit = LOGICAL_NAME_LIMIT - ownSourceName("").length;
  if (name.length > limit) {
    const problem = `${name.length} characters; with demand IAM allows 64 for ${ownSourceName(name)}-reconcile-xxxxxxx`;
    found.push(violation("name", name, problem, `Use at most ${limit} characters, or demand.source`));
  }
  return [...found, ...lengthViolations("poolName", poolName, workflowJobsNames(ownSourceName(poolName)))];
}

function rangeViolations({ maxSize }: PoolSettings, { idleTimeout, minIdle, priority, rerunLostJobs }: PoolDemand): Violation[] {
  const found: Violation[] = [];
  const refuse = (key: string, value: unknown, problem: string, remedy: string) =>
    found.push(violation(`demand.${key}`, value, problem, remedy));
  if (maxSize > LARGEST_DEMAND_POOL) {
    const problem = `with demand at most ${LARGEST_DEMAND_POOL}: what the scaler remembers of each instance must fit into one item of 400 KB`;
    found.push(violation("maxSize", maxSize, problem, "Lower it, or divide the pool: several pools may have the same labels"));
  }
  if (!inRange(idleTimeout, 0, IDLE_TIMEOUT_MAX)) {
    refuse("idleTimeout", idleTimeout, `outside 0 to ${IDLE_TIMEOUT_MAX} s`, "Use whole seconds in this range");
  }
  if (!inRange(minIdle, 0, Math.max(0, maxSize))) {
    refuse("minIdle", minIdle, `outside 0 to maxSize = ${maxSize}`, "Lower it or raise maxSize");
  }
  if (!inRange(priority, -PRIORITY_MAX, PRIORITY_MAX)) {
    refuse("priority", priority, `outside -${PRIORITY_MAX} to ${PRIORITY_MAX}`, "Use a whole number in this range");
  }
  // A stack's configuration may contain the text "false", which would count as true.
  if (typeof rerunLostJobs !== "boolean") refuse("rerunLostJobs", rerunLostJobs, "not a boolean", "Use true or false, without quotes");
  return found;
}

function scheduleViolations({ maxSize }: PoolSettings, { schedules }: PoolDemand): Violation[] {
  if (!Array.isArray(schedules)) return [notAList("demand.schedules", schedules)];
  if (schedules.length > SCHEDULES_MAX) {
    return [violation("demand.schedules", schedules.length, `more than ${SCHEDULES_MAX}`, "Use fewer: cron takes lists and ranges")];
  }
  const remedy = "Give it the fields cron, duration and minSize";
  const texts = schedules.flatMap((schedule: unknown, index) =>
    typeof schedule === "object" && schedule !== null ? [] : [violation(`demand.schedules[${index}]`, schedule, "not an object", remedy)],
  );
  if (texts.length > 0) return texts;
  const bytes = Buffer.byteLength(JSON.stringify(withTimeZone(schedules)));
  if (bytes > SCHEDULES_BYTES) {
    const problem = `${bytes} bytes as JSON, more than the ${SCHEDULES_BYTES} that the variables of a function have room for`;
    return [violation("demand.schedules", schedules.length, problem, "Use fewer, and ranges or steps instead of lists: 0-59/5, 1-5")];
  }
  return withTimeZone(schedules).flatMap((schedule, index) => oneScheduleViolations(`demand.schedules[${index}]`, schedule, maxSize));
}

function oneScheduleViolations(field: string, schedule: Schedule, maxSize: number): Violation[] {
  const found = scheduleProblem(schedule);
  if (found !== undefined) {
    const [problem = "", remedy = ""] = found.split(/: (?=use )/);
    return [violation(field, schedule, problem, `${remedy.charAt(0).toUpperCase()}${remedy.slice(1)}`)];
  }
  if (schedule.minSize <= maxSize) return [];
  return [violation(`${field}.minSize`, schedule.minSize, `above maxSize = ${maxSize}`, "Lower it or raise maxSize")];
}
