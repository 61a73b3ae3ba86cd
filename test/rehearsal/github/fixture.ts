import { generateKeyPairSync } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type App, GitHub, type GitHubOptions, type Installation } from "../../../rehearsal/github";

export const ORGANIZATION = "example-org";
export const TOKEN = "ghp_rehearsal";

/** A GitHub stand-in on a loopback port, reached as an Enterprise Server would be: REST under `/api/v3`. */
export interface ServedGitHub {
  github: GitHub;
  /** `http://127.0.0.1:PORT`, without a trailing slash. */
  url: string;
  api: string;
  close(): Promise<void>;
}

export async function serveGitHub(options: Partial<GitHubOptions> = {}): Promise<ServedGitHub> {
  // The handler needs the port for its links, and the port is known only once the server listens.
  let github: GitHub | undefined;
  const server: Server = createServer((req, res) => github?.handler(req, res));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const served = new GitHub(undefined, undefined, { baseUrl: url, ...options });
  github = served;
  served.registerToken(TOKEN, [ORGANIZATION]);
  return {
    github: served,
    url,
    api: `${url}/api/v3`,
    close: async () => {
      served.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A call to the REST API, by default with a personal access token. */
export async function call(
  served: ServedGitHub,
  method: string,
  path: string,
  body?: unknown,
  authorization = `Bearer ${TOKEN}`,
): Promise<{ status: number; headers: Headers; body: any }> {
  const response = await fetch(`${served.api}${path}`, {
    method,
    headers: { authorization, "content-type": "application/json", "x-github-api-version": "2026-03-10" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? undefined : JSON.parse(text) };
}

/** Registers a runner as a host would, without the runner's programs. */
export async function register(
  served: ServedGitHub,
  name: string,
  labels: string[] = ["pool"],
  more: { replace?: boolean; group?: string; ephemeral?: boolean } = {},
) {
  const token = await call(served, "POST", `/orgs/${ORGANIZATION}/actions/runners/registration-token`);
  return served.github.register({
    url: `${served.url}/${ORGANIZATION}`,
    token: token.body.token,
    name,
    labels,
    systemLabels: ["self-hosted", "Linux", "X64"],
    ...more,
  });
}

let keys: { publicKey: string; privateKey: string } | undefined;

/** One pair for all Apps of a process: a pair takes some 80 ms, and most tests have an App. */
function keyPair() {
  keys ??= generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
  return keys;
}

/** An App with its key pair, registered at the stand-in. */
export function app(
  served: ServedGitHub,
  installation: Partial<Installation> = {},
  more: Partial<App> = {},
): { id: number; privateKey: string } {
  const { publicKey, privateKey } = keyPair();
  served.github.registerApp({
    id: 12345,
    slug: "ci-runners",
    publicKey,
    installations: [
      {
        id: 678,
        account: ORGANIZATION,
        accountType: "Organization",
        permissions: { organization_self_hosted_runners: "write", administration: "write" },
        ...installation,
      },
    ],
    ...more,
  });
  return { id: 12345, privateKey };
}
