/** The rootless engine of jobs. On a host without one both do nothing. */
export interface Engine {
  /** Before a listener starts again: ends what containers of earlier jobs run. Rejects if the engine does not answer then. */
  settle(): Promise<void>;
  /** For a return to the warm pool: stops the engine, and deletes all but images, build cache and volumes. Rejects if anything is left. */
  reset(): Promise<void>;
}
