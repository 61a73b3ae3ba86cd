/** The job's own OIDC tokens. */
import { TOKEN_REQUEST_ENV } from "../../contract/shared/workflow-token";

export interface TokenRequests {
  fetch: typeof fetch;
  pause(milliseconds: number): Promise<void>;
}

/** Milliseconds before each further try; GitHub's service is briefly out of reach now and then. */
const PAUSES = [1_000, 3_000, 9_000];
/** Milliseconds. */
const BOUND = 10_000;

/**
 * @throws with the remedy if the job may have no tokens: without `permissions: id-token: write`, or for a fork's pull request.
 */
export async function idToken(audience: string, env: NodeJS.ProcessEnv, { fetch: get, pause }: TokenRequests): Promise<string> {
  const url = env[TOKEN_REQUEST_ENV.url];
  const token = env[TOKEN_REQUEST_ENV.token];
  if (!url || !token) {
    throw new Error("the job may have no OIDC tokens: give it `permissions: id-token: write`; a fork's pull request never has any");
  }
  for (const [index, wait] of [...PAUSES, undefined].entries()) {
    const failure = await attempt(`${url}&audience=${encodeURIComponent(audience)}`, token, get);
    if (typeof failure === "string") return failure;
    if (wait === undefined || !failure.transient)
      throw new Error(index === 0 ? failure.reason : `${failure.reason}, at ${index + 1} attempts`);
    await pause(wait);
  }
  throw new Error("unreachable");
}

interface Failure {
  reason: string;
  transient: boolean;
}

/** The token, or why there is none. Neither the request's nor a part of the answer is in it. */
async function attempt(url: string, token: string, get: typeof fetch): Promise<string | Failure> {
  try {
    const response = await get(url, {
      headers: { authorization: `Bearer ${token}`, accept: "application/json" },
      signal: AbortSignal.timeout(BOUND),
    });
    const { status } = response;
    if (!response.ok) return { reason: `GitHub's OIDC service answered ${status}`, transient: status === 429 || status >= 500 };
    const { value } = (await response.json()) as { value?: unknown };
    if (typeof value === "string" && value !== "") return value;
    return { reason: "GitHub's OIDC service answered without a token", transient: true };
  } catch (error) {
    const { name, cause } = error as { name: string; cause?: { code?: string } };
    return { reason: `GitHub's OIDC service could not be reached (${cause?.code ?? name})`, transient: true };
  }
}
