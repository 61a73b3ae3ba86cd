/** Content of `.runner`. */
export interface RunnerSettings {
  agentId: number;
  agentName: string;
  poolName: string;
  serverUrl: string;
  serverUrlV2: string;
  gitHubUrl: string;
  workFolder: string;
  ephemeral: boolean;
  disableUpdate: boolean;
  useV2Flow: true;
}

/** Content of `.credentials`; the secret itself is in `.credentials_rsaparams`, as with the official runner. */
export interface RunnerCredentials {
  scheme: "OAuth";
  data: { clientId: string; authorizationUrl: string };
}

/** Names of a registered runner's files, in its folder. */
export const RUNNER_FILES = { settings: ".runner", credentials: ".credentials", secret: ".credentials_rsaparams" } as const;
