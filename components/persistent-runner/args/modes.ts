/** How the machine registers at GitHub. */
export const RegistrationMode = {
  /** For one job at each start, by a configuration that only the machine gets. */
  Jit: "jit",
  /** As a service that stays registered and takes further jobs until it has been idle for `idleStopTimeout`. */
  Service: "service",
} as const;
export type RegistrationMode = (typeof RegistrationMode)[keyof typeof RegistrationMode];

/** Who starts and stops the machine. */
export const ControlMode = {
  /** One function, which verifies each workflow's own token. The role of workflows may invoke it and nothing else. */
  Function: "function",
  /**
   * The workflow itself, with rights on this instance and its lease. It needs a token of GitHub's in its repository's secrets to register
   * the machine, and whoever may change the workflow has these rights.
   */
  Direct: "direct",
} as const;
export type ControlMode = (typeof ControlMode)[keyof typeof ControlMode];
