import {
  accountViolations,
  apiUrlViolations,
  credentialViolations,
  labelListViolations,
  runnerGroupViolations,
} from "../../shared/github-rules";
import { type Violation, violation } from "../../shared/input-errors";
import type { PoolSettings } from "../settings";

export function githubViolations(settings: PoolSettings): Violation[] {
  return [
    ...accountViolations(settings.github),
    ...runnerGroupViolations(settings.runnerGroup, settings.github),
    ...credentialViolations(settings.github),
    ...labelViolations(settings),
    ...apiUrlViolations(settings.github.apiUrl),
  ];
}

function labelViolations({ labels, noDefaultLabels }: PoolSettings): Violation[] {
  const found = labelListViolations(labels);
  if (noDefaultLabels && labels.length === 0) {
    found.push(violation("noDefaultLabels", true, "a runner without any label would receive no job", "Set at least one label in labels"));
  }
  return found;
}
