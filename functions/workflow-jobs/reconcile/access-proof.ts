import type { ActionsApi } from "../../shared/github/api";
import type { CallBudget } from "./call-budget";

/**
 * Whether the installation's access works in this run. GitHub answers 404 both for what does not exist and for what the App may not
 * see, also when the App is uninstalled or suspended: without this proof an App that was removed by mistake would close every job.
 */
export class AccessProof {
  private given = false;

  constructor(
    private readonly actions: Pick<ActionsApi, "repositories">,
    private readonly budget: Pick<CallBudget, "take">,
  ) {}

  /** A call for something else has succeeded. */
  note(): void {
    this.given = true;
  }

  /** @throws what GitHub answers if there is no access. */
  async demand(signal: AbortSignal): Promise<void> {
    if (this.given) return;
    if (!(await this.budget.take(signal))) throw new Error("no call is left to prove that GitHub still admits the App");
    await this.actions.repositories(signal);
    this.given = true;
  }
}
