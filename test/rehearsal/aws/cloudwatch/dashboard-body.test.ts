import assert from "node:assert/strict";
import { dashboardProblems } from "../../../../rehearsal/aws/cloudwatch/dashboard-body";

const METRIC = {
  type: "metric",
  x: 0,
  y: 0,
  width: 12,
  height: 6,
  properties: { region: "eu-central-1", metrics: [["N", "M", "Pool", "p"]] },
};
const TEXT = { type: "text", properties: { markdown: "# Queue" } };

describe("the body of a dashboard", () => {
  const problems = (...widgets: object[]) =>
    dashboardProblems(JSON.stringify({ widgets })).map(({ path, message }) => `${path} ${message}`);
  const ofMetric = (properties: object) => problems({ ...METRIC, properties: { ...METRIC.properties, ...properties } });

  it("is accepted with metrics, texts, alarms and log queries on the grid", () => {
    const alarm = {
      type: "alarm",
      x: 12,
      y: 0,
      width: 12,
      height: 2,
      properties: { alarms: ["arn:aws:cloudwatch:eu-central-1:1:alarm:a"] },
    };
    const log = { type: "log", properties: { query: "SOURCE 'a' | fields @message", region: "eu-central-1" } };
    assert.deepEqual(problems(METRIC, TEXT, alarm, log), []);
    const metrics = [
      ["N", "QueueTime", "Pool", "p", { stat: "p95", label: "p95" }],
      ["...", { stat: "p99" }],
      [".", "Waiting", ".", "."],
      [{ expression: "m1 / m2", id: "e1" }],
    ];
    assert.deepEqual(ofMetric({ metrics, view: "timeSeries", stacked: false, period: 60, stat: "Maximum" }), []);
  });

  it("is refused with a widget that leaves the grid's 24 columns or has no size", () => {
    assert.match(problems({ ...METRIC, x: 13 }).join(), /should end within the 24 columns/);
    for (const wrong of [{ x: 24 }, { x: -1 }, { y: 0.5 }, { width: 0 }, { width: 25 }, { height: 1001 }]) {
      assert.notDeepEqual(problems({ ...METRIC, ...wrong }), [], JSON.stringify(wrong));
    }
    assert.match(problems({ ...TEXT, x: 1 }).join(), /both x and y/);
  });

  it("is refused with a line that is no metric, naming its place", () => {
    for (const line of [[], ["N"], ["N", "M", "Pool"], ["N", "M", "Pool", 1], [{}], ["...", "x"], "M"]) {
      assert.match(ofMetric({ metrics: [line] }).join(), /^\/widgets\/0\/properties\/metrics\/0 /, JSON.stringify(line));
    }
    assert.match(ofMetric({ metrics: [["N", "M", { stat: "p950" }]] }).join(), /statistic/);
  });

  it("is refused without what a widget's type needs", () => {
    assert.match(ofMetric({ region: undefined }).join(), /'region'/);
    assert.match(ofMetric({ metrics: undefined }).join(), /'metrics'/);
    assert.match(ofMetric({ period: 45 }).join(), /multiple of 60/);
    assert.match(ofMetric({ view: "lines" }).join(), /timeSeries/);
    assert.match(problems({ ...TEXT, properties: {} }).join(), /'markdown'/);
    assert.match(problems({ ...TEXT, type: "image" }).join(), /should be one of/);
    assert.match(problems({ type: "text" }).join(), /'properties'/);
    assert.match(problems({ ...TEXT, title: "a" }).join(), /additional property 'title'/);
  });

  it("is refused if it is no JSON object, or has more than 500 widgets", () => {
    for (const text of ["", "[]", "{}", '{"widgets":{}}']) assert.notDeepEqual(dashboardProblems(text), [], text);
    assert.deepEqual(problems(...Array.from({ length: 500 }, () => TEXT)), []);
    assert.match(problems(...Array.from({ length: 501 }, () => TEXT)).join(), /more than 500/);
  });
});
