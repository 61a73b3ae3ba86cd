/** The official runner's config.sh. */
export interface Registrar {
  registered(): Promise<boolean>;
  /** Rejects with the output of config.sh, without the token. */
  register(token: string): Promise<void>;
}
