import { workflowJobsNames } from "../../../contract/workflow-jobs/names";
import { TABLE } from "../../aws/dynamodb/tables";
import type { RehearsalEnvironment } from "../../environment/rehearsal-environment";
import type { WebhookFaultKind } from "../../github/webhook-faults";
import type { DemandJobs } from "./job-plan";

/** The source of demand as a scenario sees it, and the faults of what it depends on. */
export interface DemandControl {
  /** The stack's source of demand, for a pool that may shrink to zero. */
  configuration: Record<string, unknown>;
  awaySeconds: number;
  /** GitHub is away until the returned function is called; what happens meanwhile is delivered then. */
  goAway(): () => void;
  /** One delivery about these jobs is lost, one arrives twice, two arrive in the wrong order. */
  failDeliveries(jobs: DemandJobs): void;
  /** With real machines the reconciliation is run now, in place of its schedule's next run; a virtual clock can wait. */
  reconcile(): Promise<void>;
}

/** Seconds; a stack's own idle timeout would have to be waited for with real machines. */
const IDLE_TIMEOUT = 1;
/** Seconds after its job's steps at which "in progress" arrives; by then "completed" has arrived, also on a slow machine. */
const LATE = 15;

/** Undefined if the stack's pool does not follow its queue. */
export function demandControl({ context, stack, hosts, github, aws }: RehearsalEnvironment): DemandControl | undefined {
  const demand = stack.get("demand");
  if (!demand || Object.keys(demand).length === 0) return undefined;
  return {
    configuration: { demand: { ...demand, idleTimeout: IDLE_TIMEOUT, minIdle: 0, schedules: [] }, minSize: 0 },
    awaySeconds: context.options.outage,
    goAway: () => github.goAway("late"),
    failDeliveries({ lost, duplicated, swapped }) {
      const fail = (action: string, job: string, fault: WebhookFaultKind) =>
        github.webhookFaults.add({ ...fault, times: 1, event: new RegExp(`^workflow_job\\.${action} ${job}$`) });
      fail("queued", lost.name, { kind: "lost" });
      fail("queued", duplicated.name, { kind: "duplicated" });
      fail("in_progress", swapped.name, { kind: "delayed", ms: (swapped.seconds + LATE) * 1000 });
    },
    async reconcile() {
      if (hosts === "simulated") return;
      const [table] = aws.store.list(TABLE);
      const { reconcileFunction } = workflowJobsNames(String(table?.state["name"]));
      const outcome = await aws.lambda.invoke(reconcileFunction, { source: "aws.events", "detail-type": "Scheduled Event" });
      if ("error" in outcome) throw new Error(`${reconcileFunction}: ${JSON.stringify(outcome.error)}`);
    },
  };
}
