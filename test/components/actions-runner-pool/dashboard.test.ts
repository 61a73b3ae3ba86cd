import assert from "node:assert/strict";
import { ActionsRunnerPool } from "../../../components";
import { dashboardBody } from "../../../components/actions-runner-pool/dashboard-body";
import { METRIC, SCALE_METRIC, WAIT_CAUSE_METRIC } from "../../../contract/actions-runner-pool/metrics";
import { METRIC_NAMESPACE } from "../../../contract/shared/metrics";
import { emittedMetrics } from "../emitted-metrics";
import { Deployment } from "../mocks";
import { poolArgs } from "./pool-args";

interface Widget {
  x: number;
  y: number;
  width: number;
  height: number;
  properties: { title: string; region: string; metrics: [string, string, string, string, { label: string; stat: string }][] };
}

const SCOPE = { pool: "pool", workflowJobs: "queue", region: "eu-central-1" };
const widgets: Widget[] = JSON.parse(dashboardBody(SCOPE)).widgets;
const lines = widgets.flatMap(({ properties }) => properties.metrics);

describe("the dashboard of a pool", () => {
  it("shows only metrics that some program emits, with that program's dimension: another graph would stay empty", () => {
    const emitted = emittedMetrics();
    const values: Record<string, string> = { Pool: "pool", WorkflowJobs: "queue" };
    assert.ok(lines.length > 25);
    for (const [namespace, name, dimension, value] of lines) {
      assert.equal(namespace, METRIC_NAMESPACE);
      assert.ok(emitted.has(`${dimension}/${name}`), `nothing emits ${name} with the dimension ${dimension}`);
      assert.equal(value, values[dimension]);
    }
  });

  it("would be caught with a metric that no program emits", () => {
    assert.ok(!emittedMetrics().has("Pool/QueueTimes"));
    assert.ok(!emittedMetrics().has("WorkflowJobs/WaitingJobs"));
  });

  it("answers every question of a queue: each figure of the scaler, each cause of a wait, and the drain's beside them", () => {
    const shown = new Set(lines.map(([, name]) => name));
    const { scalerPasses, scalerErrors, ...figures } = SCALE_METRIC;
    const drain = [METRIC.forcedStops, METRIC.busyAtTermination, METRIC.overdueDrains, METRIC.retainedInstances];
    const wanted = [...Object.values(figures), ...Object.values(WAIT_CAUSE_METRIC), ...drain, METRIC.busyRunners, METRIC.onlineRunners];
    assert.deepEqual(
      wanted.filter((name) => !shown.has(name)),
      [],
    );
    const queueTime = lines.filter(([, name]) => name === SCALE_METRIC.queueTime).map(([, , , , { stat }]) => stat);
    assert.deepEqual(queueTime, ["p50", "p95", "p99"]);
  });

  it("fits CloudWatch's grid without two graphs in one place, and its limits", () => {
    const cells = new Set<string>();
    for (const { x, y, width, height, properties } of widgets) {
      assert.ok(x + width <= 24, properties.title);
      assert.equal(properties.region, "eu-central-1");
      for (let column = x; column < x + width; column++) {
        for (let row = y; row < y + height; row++) {
          assert.ok(!cells.has(`${column},${row}`), `${properties.title} overlaps`);
          cells.add(`${column},${row}`);
        }
      }
    }
    const titles = widgets.map(({ properties }) => properties.title);
    assert.deepEqual(titles, [...new Set(titles)]);
    assert.ok(titles.length <= 500);
  });

  it("is deployed for the pool and its source, in the provider's Region", async () => {
    const deployment = await Deployment.start({ place: { region: "eu-central-1", partition: "aws", dnsSuffix: "amazonaws.com" } });
    const source = { workflowJobsName: "queue", tableArn: "arn:aws:dynamodb:eu-central-1:123456789012:table/queue" };
    new ActionsRunnerPool("runners", poolArgs({ poolName: "pool", demand: { source } }));
    await deployment.settled();
    const { inputs } = deployment.only("aws:cloudwatch/dashboard:Dashboard");
    assert.deepEqual(inputs, { dashboardName: "pool", dashboardBody: dashboardBody(SCOPE) });
  });
});
