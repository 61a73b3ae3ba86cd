/** One thing that CloudWatch refuses in the body of a dashboard. */
export interface BodyProblem {
  /** As a JSON pointer: `/widgets/0/properties`. */
  path: string;
  message: string;
}

type Json = any;

/** Columns of the grid. */
const COLUMNS = 24;
const MOST_ROWS = 1000;
const MOST_WIDGETS = 500;
const MOST_METRICS = 500;
/** Dimensions of one metric. */
const MOST_DIMENSIONS = 30;
const BODY_FIELDS = ["end", "periodOverride", "start", "variables", "widgets"];
const WIDGET_FIELDS = ["height", "properties", "type", "width", "x", "y"];
const VIEWS = ["bar", "gauge", "pie", "singleValue", "table", "timeSeries"];

const PROPERTY_CHECKS: Record<string, (properties: Json, path: string) => BodyProblem[]> = {
  alarm: ({ alarms }, path) => countProblems(alarms, 100, `${path}/alarms`),
  log: (properties, path) => required(properties, ["query", "region"], path),
  metric: metricProblems,
  text: (properties, path) => required(properties, ["markdown"], path),
};

/** Everything that CloudWatch refuses, by the published structure of a body. Types of widgets that are not known here are refused. */
export function dashboardProblems(text: string): BodyProblem[] {
  const body = parsed(text);
  if (!isRecord(body)) return [problem("", "should be object")];
  const { widgets } = body;
  if (!Array.isArray(widgets)) return [problem("/widgets", "should be array")];
  return [
    ...unknownFields(body, BODY_FIELDS, ""),
    ...(widgets.length > MOST_WIDGETS ? [problem("/widgets", `should NOT have more than ${MOST_WIDGETS} items`)] : []),
    ...widgets.flatMap((widget, index) => widgetProblems(widget, `/widgets/${index}`)),
  ];
}

function widgetProblems(widget: Json, path: string): BodyProblem[] {
  if (!isRecord(widget)) return [problem(path, "should be object")];
  const { type, properties, x, y, width = 6, height = 6 } = widget as Record<string, Json>;
  const checkProperties = PROPERTY_CHECKS[String(type)];
  const placed = [x, y].filter((value) => value !== undefined).length;
  return [
    ...unknownFields(widget, WIDGET_FIELDS, path),
    ...(checkProperties ? [] : [problem(`${path}/type`, `should be one of ${Object.keys(PROPERTY_CHECKS).join(", ")}, got ${type}`)]),
    ...(placed === 1 ? [problem(path, "should have both x and y, or neither")] : []),
    ...range(x ?? 0, 0, COLUMNS - 1, `${path}/x`),
    ...range(y ?? 0, 0, Number.MAX_SAFE_INTEGER, `${path}/y`),
    ...range(width, 1, COLUMNS, `${path}/width`),
    ...range(height, 1, MOST_ROWS, `${path}/height`),
    ...(Number(x ?? 0) + Number(width) > COLUMNS ? [problem(path, `should end within the ${COLUMNS} columns of the grid`)] : []),
    ...(isRecord(properties)
      ? (checkProperties?.(properties, `${path}/properties`) ?? [])
      : [problem(path, "should have required property 'properties'")]),
  ];
}

function metricProblems(properties: Json, path: string): BodyProblem[] {
  const { metrics, annotations, view = "timeSeries", period, stat } = properties;
  const shown = metrics !== undefined || annotations?.alarms !== undefined;
  return [
    ...required(properties, ["region"], path),
    ...(shown ? [] : [problem(path, "should have required property 'metrics'")]),
    ...(VIEWS.includes(view) ? [] : [problem(`${path}/view`, `should be one of ${VIEWS.join(", ")}, got ${view}`)]),
    ...(period === undefined || isPeriod(period)
      ? []
      : [problem(`${path}/period`, `should be 1, 5, 10, 30 or a multiple of 60, got ${period}`)]),
    ...(stat === undefined || isStatistic(stat) ? [] : [problem(`${path}/stat`, `should be a statistic, got ${stat}`)]),
    ...(metrics === undefined ? [] : countProblems(metrics, MOST_METRICS, `${path}/metrics`)),
    ...(Array.isArray(metrics)
      ? metrics.flatMap((metric, index) => lineProblems(metric, metrics[index - 1], `${path}/metrics/${index}`))
      : []),
  ];
}

/** A line: `[namespace, name, dimension, value, ..., {rendering}]` or `[{expression}]`. `.` and `...` repeat what the line before has. */
function lineProblems(line: Json, before: Json, path: string): BodyProblem[] {
  if (!Array.isArray(line) || line.length === 0) return [problem(path, "should be a non-empty array")];
  const last = line.at(-1);
  const rendering = isRecord(last) ? last : undefined;
  const names = rendering ? line.slice(0, -1) : line;
  if (names.some((name) => typeof name !== "string")) return [problem(path, "should have texts, and at its end an object")];
  if (rendering?.["stat"] !== undefined && !isStatistic(rendering["stat"]))
    return [problem(path, `should have a statistic, got ${rendering["stat"]}`)];
  if (names.length === 0) {
    return typeof rendering?.["expression"] === "string" ? [] : [problem(path, "should have an expression or a metric")];
  }
  if (names.some((name) => name === "." || name === "...") && !Array.isArray(before))
    return [problem(path, "should repeat a line before it")];
  if (names.includes("...")) return [];
  if (names.length < 2 || names.length % 2 !== 0)
    return [problem(path, "should have a namespace, a name, and dimensions with their values")];
  return names.length > 2 + 2 * MOST_DIMENSIONS ? [problem(path, `should NOT have more than ${MOST_DIMENSIONS} dimensions`)] : [];
}

function isPeriod(period: Json): boolean {
  return [1, 5, 10, 30].includes(period) || (Number.isInteger(period) && period > 0 && period % 60 === 0);
}

function isStatistic(stat: Json): boolean {
  return /^(Average|Maximum|Minimum|SampleCount|Sum|IQM|(p|tm|tc|ts|wm)\d{1,2}(\.\d{1,10})?|p100|(PR|TC|TM|TS|WM)\(.*:.*\))$/.test(
    String(stat),
  );
}

function countProblems(list: Json, most: number, path: string): BodyProblem[] {
  if (!Array.isArray(list) || list.length === 0) return [problem(path, "should be a non-empty array")];
  return list.length > most ? [problem(path, `should NOT have more than ${most} items`)] : [];
}

function required(properties: Json, names: readonly string[], path: string): BodyProblem[] {
  const missing = names.filter((name) => typeof properties[name] !== "string" || properties[name] === "");
  return missing.map((name) => problem(path, `should have required property '${name}'`));
}

function unknownFields(record: Record<string, Json>, known: readonly string[], path: string): BodyProblem[] {
  const unknown = Object.keys(record).filter((name) => !known.includes(name));
  return unknown.map((name) => problem(path, `should NOT have additional property '${name}'`));
}

function range(value: Json, min: number, max: number, path: string): BodyProblem[] {
  return Number.isInteger(value) && value >= min && value <= max
    ? []
    : [problem(path, `should be an integer from ${min} to ${max}, got ${value}`)];
}

function problem(path: string, message: string): BodyProblem {
  return { path, message };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, Json> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
