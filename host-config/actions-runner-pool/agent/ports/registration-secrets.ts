export interface RegistrationSecrets {
  /** Undefined if there is none yet, or if the instance may not read it: AWS gives the same answer to both. */
  token(): Promise<string | undefined>;
  /** A secret that does not exist is no error. */
  delete(): Promise<void>;
}
