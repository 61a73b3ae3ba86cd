export interface RegistrationSecrets {
  /** Undefined if there is none yet. */
  token(): Promise<string | undefined>;
  /** A secret that does not exist is no error. */
  delete(): Promise<void>;
}
