export interface TimeArgs {
  /**
   * Seconds from a start until the machine takes a job; a machine that takes longer is stopped and started once more. Limits: 60 to 900,
   * at most a quarter of `maxSession`. Default: 180.
   */
  bootTimeout?: number;

  /**
   * Seconds for the first boot, with packages, Docker and `setupScript`; then the machine switches itself off. A run that finds a changed
   * configuration waits for it too. Limits: 300 to 7200, at most `maxSession` - `workflow.jobTimeout`. Default: 1200.
   */
  firstBootTimeout?: number;

  /** Seconds without a job after which the machine switches itself off. Limits: 60 to 86400, at most `maxSession`. Default: 1800. */
  idleStopTimeout?: number;

  /**
   * Seconds after a start at which the machine switches itself off, whatever it does: a job that still runs is lost.
   * Limits: 600 to 432000 (GitHub ends a job after 5 days). Default: 7200.
   */
  maxSession?: number;
}
