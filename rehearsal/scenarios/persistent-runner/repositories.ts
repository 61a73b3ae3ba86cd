import type { GitHub } from "../../github";
import type { WorkflowRepository } from "../../github/workflows/workflow-repository";
import { actionFiles, actionsCommit } from "./action-tree";

const WORKFLOW = ".github/workflows/e2e.yml";

/** Annotations by which a build says whether the caches had the result of an earlier one. */
export const CACHE = { hit: "the cache has the last build", miss: "nothing in the cache" } as const;

/** Seconds of a build without the caches, and with them. */
const SECONDS = { miss: 12, hit: 3 } as const;

/** A build that is short if the caches of the machine have the last one's result. */
const BUILD_SCRIPT = `#!/bin/sh
set -eu
result=$CARGO_HOME/build-result
if [ -e "$result" ]; then
  echo "::notice::${CACHE.hit}"
  sleep ${SECONDS.hit}
else
  echo "::notice::${CACHE.miss}"
  sleep ${SECONDS.miss}
fi
mkdir -p "$CARGO_HOME" target
date >"$result"
date >target/build
`;

/** The repository with this library's actions, at the commit that workflows name. */
export function publishActions(github: GitHub, repository: string): void {
  const { sha } = github.workflows.repository(repository).seed(actionFiles());
  if (sha !== actionsCommit().sha) throw new Error(`${repository}: its commit is not the one that the stack's configuration names`);
}

/** A repository with the workflow, before its first push. */
export function openRepository(github: GitHub, name: string, workflow: string): WorkflowRepository {
  const repository = github.workflows.repository(name);
  repository.seed({ "build.sh": BUILD_SCRIPT, ".gitignore": "target/\n", [WORKFLOW]: workflow });
  return repository;
}
