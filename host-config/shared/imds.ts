/** Client of the instance metadata service, version 2. The service is link-local, so 1 s per request is generous. */
import { request } from "node:http";
import type { TargetState } from "../../contract/aws/lifecycle";
import type { Imds } from "./ports/imds";

const TOKEN_TTL_SECONDS = 21_600;
const TIMEOUT_MS = 1_000;

interface Answer {
  status: number;
  body: string;
}

/** Reads a path below `meta-data/`. Undefined for a 404; rejects on any other failure. */
export type MetadataReader = (path: string) => Promise<string | undefined>;

/** @param origin overridden by tests only */
export function imdsClient(origin = "http://169.254.169.254"): Imds {
  return imdsPort(metadataReader(origin));
}

export function imdsPort(read: MetadataReader): Imds {
  let id: string | undefined;
  return {
    async instanceId() {
      id ??= await read("instance-id");
      if (!id) throw new Error("instance metadata has no instance-id");
      return id;
    },
    targetState: () => read("autoscaling/target-lifecycle-state") as Promise<TargetState | undefined>,
  };
}

function metadataReader(origin: string): MetadataReader {
  let token: string | undefined;

  async function get(path: string): Promise<string | undefined> {
    let answer = await ask("GET", path, { "X-aws-ec2-metadata-token": (token ??= await newToken()) });
    if (answer.status === 401) {
      // The token expired, or it was issued before a hibernation.
      token = await newToken();
      answer = await ask("GET", path, { "X-aws-ec2-metadata-token": token });
    }
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw new Error(`instance metadata ${path}: HTTP ${answer.status}`);
    return answer.body.trim();
  }

  async function newToken(): Promise<string> {
    const path = "/latest/api/token";
    const answer = await ask("PUT", path, { "X-aws-ec2-metadata-token-ttl-seconds": String(TOKEN_TTL_SECONDS) });
    if (answer.status !== 200) throw new Error(`instance metadata ${path}: HTTP ${answer.status}`);
    return answer.body.trim();
  }

  function ask(method: string, path: string, headers: Record<string, string>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      // No keep-alive: a connection kept across a hibernation would fail at its next use.
      const options = { method, headers, agent: false, signal: AbortSignal.timeout(TIMEOUT_MS) };
      const call = request(`${origin}${path}`, options, (response) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (body += chunk));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
        response.on("error", reject);
      });
      call.on("error", (error) => reject(new Error(`instance metadata ${path}: ${error.message}`)));
      call.end();
    });
  }

  return (path) => get(`/latest/meta-data/${path}`);
}
