/** config.sh of the official runner. */
export interface Registrar {
  registered(): Promise<boolean>;
  /** Rejects with config.sh's own words (never the token). */
  register(token: string): Promise<void>;
}
