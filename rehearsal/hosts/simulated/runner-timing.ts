/** Milliseconds that steps of the official runner take, of the order of a small machine. A run may stretch each. */
export interface RunnerTiming {
  /** A request to GitHub and its reply. */
  roundTrip: number;
  /** From GitHub's message to the listener's reading it. */
  message: number;
  /** The acquisition, on top of its round trip. */
  acquire: number;
  /** From the acquisition's reply to the announcement. */
  announce: number;
  /** From the first renewal to a worker process. */
  workerStart: number;
  /** From the drain's decision to the listener's getting its signal. */
  signal: number;
}

export const DEFAULT_RUNNER_TIMING: RunnerTiming = { roundTrip: 60, message: 0, acquire: 0, announce: 0, workerStart: 400, signal: 5 };
