/** Durations of the official runner's steps in milliseconds, typical of a small machine. A run may change each. */
export interface RunnerTiming {
  /** A request to GitHub and its reply. */
  roundTrip: number;
  /** From the arrival of GitHub's message until the listener reads it. */
  message: number;
  /** The acquisition, in addition to its round trip. */
  acquire: number;
  /** From the acquisition's reply to the announcement. */
  announce: number;
  /** From the first renewal to a worker process. */
  workerStart: number;
  /** From the drain's decision until the listener gets its signal. */
  signal: number;
  /** config.sh, from its start until it has registered the runner; 0 registers at once. */
  register: number;
}

export const DEFAULT_RUNNER_TIMING: RunnerTiming = {
  roundTrip: 60,
  message: 0,
  acquire: 0,
  announce: 0,
  workerStart: 400,
  signal: 5,
  register: 0,
};
