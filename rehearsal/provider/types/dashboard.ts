import { dashboardProblems } from "../../aws/cloudwatch/dashboard-body";
import { arn, storedType, text, type ResourceType } from "../resource-type";
import { jsonProblem } from "./checks";

/** CloudWatch checks the body when it is put, so that a preview of a wrong one passes. */
function checkBody(name: string, body: unknown): void {
  const problems = dashboardProblems(text(body));
  if (problems.length === 0) return;
  throw new Error(
    `putting CloudWatch Dashboard (${name}): InvalidParameterInput: The dashboard body is invalid, there are ${problems.length} validation errors: ` +
      JSON.stringify(problems.map(({ path, message }) => ({ dataPath: path, message }))),
  );
}

const dashboard = storedType({
  inputs: ["dashboardBody", "dashboardName"],
  required: ["dashboardBody", "dashboardName"],
  replaceOn: ["dashboardName"],
  upserts: true,
  validate: (inputs) => [
    ...jsonProblem(inputs, "dashboardBody"),
    ...(/^[\w-]{1,255}$/.test(text(inputs.dashboardName))
      ? []
      : [{ property: "dashboardName", reason: `must be 1 to 255 letters, digits, - or _, got ${inputs.dashboardName}` }]),
  ],
  id: ({ dashboardName, dashboardBody }) => {
    checkBody(dashboardName, dashboardBody);
    return dashboardName;
  },
  update: (id, { dashboardBody }) => {
    checkBody(id, dashboardBody);
    return {};
  },
  // Dashboards belong to no region.
  outputs: (id, _inputs, { account }) => ({ dashboardArn: arn(account, "cloudwatch", `dashboard/${id}`, { regional: false }) }),
});

export const DASHBOARD_TYPES: Record<string, ResourceType> = { "aws:cloudwatch/dashboard:Dashboard": dashboard };
