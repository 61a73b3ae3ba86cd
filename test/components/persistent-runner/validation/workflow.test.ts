import { rejects } from "./bad-input";

rejects([
  {
    danger: "a pull request's label without a subject of pull requests, so that each of its runs would fail",
    changes: { workflow: { pullRequestLabel: "e2e-test" } },
    field: "workflow.pullRequestLabel",
    value: "e2e-test",
    remedy: /Add repo:OWNER\/REPO:pull_request/,
  },
  {
    danger: "a label with a quote, which would become a part of the condition",
    changes: { subjects: ["repo:example-org/app:pull_request"], workflow: { pullRequestLabel: "x' || true || 'x" } },
    field: "workflow.pullRequestLabel",
    value: "|| true ||",
    remedy: /without quotes/,
  },
  {
    danger: "a concurrency group with an expression of its own",
    changes: { concurrencyGroup: "${{ github.ref }}" },
    field: "concurrencyGroup",
    value: "github.ref",
    remedy: /letters, digits/,
  },
  {
    danger: "an environment that no subject names, so that each start would be refused",
    changes: { workflow: { environment: "e2e" } },
    field: "workflow.environment",
    value: "e2e",
    remedy: /Add repo:OWNER\/REPO:environment:e2e to subjects/,
  },
  {
    danger: "subjects of an environment alone, whose jobs run in none",
    changes: { subjects: ["repo:example-org/app:environment:e2e"] },
    field: "workflow.environment",
    value: "is missing",
    remedy: /environment of your subjects/,
  },
  {
    danger: "no branch",
    changes: { workflow: { branches: [] } },
    field: "workflow.branches",
    value: "[]",
    remedy: /such as main/,
  },
  {
    danger: "a branch that no subject admits: its pushes would cancel the tests of main, and then be refused",
    changes: { workflow: { branches: ["main", "develop"] } },
    field: "workflow.branches[1]",
    value: "develop",
    remedy: /Add repo:OWNER\/REPO:ref:refs\/heads\/develop to subjects/,
  },
  {
    danger: "an empty command",
    changes: { workflow: { command: " " } },
    field: "workflow.command",
    value: " ",
    remedy: /make test/,
  },
]);
