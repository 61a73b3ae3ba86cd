/** AWS SDK clients for programs on a host: bounded, with the credentials of the instance's role, and by its proxy where it has one. */
import type { Agent } from "node:https";
import { fromInstanceMetadata } from "@smithy/credential-provider-imds";
import { SDK_ATTEMPTS, SDK_CALL_MS, SDK_CONNECT_MS, SDK_REQUEST_MS } from "./sdk-bounds";

interface Sendable {
  send(command: never, options?: { abortSignal?: AbortSignal }): Promise<unknown>;
}

/**
 * @param overrides used by tests: endpoint and credentials of a stand-in
 * @param agent of proxyAgent(); the metadata, from which the credentials come, is never asked through it
 */
export function hostClient<Client extends Sendable>(
  Client: new (settings: object) => Client,
  region: string,
  overrides: object = {},
  agent?: Agent,
): Client {
  const client = new Client({
    region,
    // Only the instance's role: other credentials on the machine are not meant for the host's programs.
    credentials: fromInstanceMetadata({ timeout: 1_000, maxRetries: 3, ec2MetadataV1Disabled: true }),
    maxAttempts: SDK_ATTEMPTS,
    requestHandler: { connectionTimeout: SDK_CONNECT_MS, requestTimeout: SDK_REQUEST_MS, throwOnRequestTimeout: true, httpsAgent: agent },
    ...overrides,
  });
  const send = client.send.bind(client);
  client.send = (command: never, options?: object) => send(command, { abortSignal: AbortSignal.timeout(SDK_CALL_MS), ...options });
  return client;
}
