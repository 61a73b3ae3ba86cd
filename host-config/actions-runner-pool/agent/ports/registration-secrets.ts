export interface RegistrationSecrets {
  /** Undefined: not there yet. */
  token(): Promise<string | undefined>;
  /** A secret that does not exist is no error. */
  delete(): Promise<void>;
}
