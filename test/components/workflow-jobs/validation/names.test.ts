import { rejects } from "./bad-input";

rejects([
  {
    danger: "a name from which Lambda accepts no function's",
    changes: { workflowJobsName: "q".repeat(55) },
    field: "workflowJobsName",
    value: `${"q".repeat(55)}-reconcile`,
    remedy: /AWS allows 64.*Shorten workflowJobsName to at most 54 characters/,
  },
  {
    danger: "a name with characters that no function may have",
    changes: { workflowJobsName: "jobs.prod" },
    field: "workflowJobsName",
    value: "jobs.prod",
    remedy: /letters, digits, - and _/,
  },
  {
    danger: "a name that is too short for a table",
    changes: { workflowJobsName: "q" },
    field: "workflowJobsName",
    value: "q",
    remedy: /at least 3 characters.*longer/,
  },
  {
    danger: "a name in the program that leaves no room for the role's",
    changes: { workflowJobsName: "queue" },
    name: "j".repeat(47),
    field: "name",
    value: "47 characters",
    remedy: /at most 46 characters/,
  },
]);
