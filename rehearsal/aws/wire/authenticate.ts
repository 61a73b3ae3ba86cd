import { AwsError, type Principal } from "../api";
import type { Credentials } from "../credentials";
import { parseAuthorization, type Scope, sha256, signatureMatches, type SignedRequest } from "./sigv4";

/** AWS allows a clock skew of five minutes (S3: fifteen). */
const SKEW_MS = 5 * 60_000;
const S3_SKEW_MS = 15 * 60_000;

/** Whose errors are named as those of the JSON protocols. */
const JSON_SERVICES = new Set(["dynamodb", "events", "lambda", "secretsmanager", "ssm"]);

export interface Authenticated {
  principal: Principal;
  scope: Scope;
}

export interface AuthenticationContext {
  credentials: Credentials;
  region: string;
  /** The service of the host name; undefined if a client is configured with a plain address. */
  service?: string;
  now: number;
  /** Milliseconds that a test has skipped, of which machines know nothing. */
  skipped?: number;
}

/** Identifies the signer of the request. Throws AWS's error, with the code that the service's protocol family uses. */
export function authenticate(request: SignedRequest, context: AuthenticationContext): Authenticated {
  const scope = parseAuthorization(request.headers["authorization"]);
  const service = context.service ?? scope?.service ?? "";
  const family = service === "s3" ? "s3" : JSON_SERVICES.has(service) ? "json" : "query";
  if (!request.headers["authorization"]) {
    throw new AwsError(
      family === "json" ? "MissingAuthenticationTokenException" : family === "s3" ? "AccessDenied" : "MissingAuthenticationToken",
      family === "s3" ? "Access Denied" : "Request is missing Authentication Token",
      family === "json" ? 400 : 403,
    );
  }
  if (!scope) {
    throw new AwsError(
      family === "json" ? "IncompleteSignatureException" : "IncompleteSignature",
      "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters.",
      400,
    );
  }
  const mismatch = (message: string) =>
    new AwsError(family === "json" ? "InvalidSignatureException" : "SignatureDoesNotMatch", message, family === "json" ? 400 : 403);
  if (scope.service !== service) throw mismatch(`Credential should be scoped to correct service: '${service}'.`);
  if (scope.region !== context.region) throw mismatch(`Credential should be scoped to a valid region, not '${scope.region}'.`);
  const known = context.credentials.find(scope.accessKeyId);
  const badToken = known?.sessionToken !== undefined && known.sessionToken !== request.headers["x-amz-security-token"];
  if (!known || badToken) {
    if (family === "s3") throw new AwsError("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", 403);
    const message = "The security token included in the request is invalid.";
    throw family === "json"
      ? new AwsError("UnrecognizedClientException", message, 400)
      : new AwsError("InvalidClientTokenId", message, 403);
  }
  if (known.expired) {
    if (family === "s3") throw new AwsError("ExpiredToken", "The provided token has expired.", 400);
    const message = "The security token included in the request is expired";
    throw new AwsError(family === "json" ? "ExpiredTokenException" : "ExpiredToken", message, family === "json" ? 400 : 403);
  }
  checkRequired(request, scope, family, mismatch);
  if (!signatureMatches(request, scope, known.secretAccessKey)) {
    throw mismatch(
      "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
    );
  }
  checkDate(request.headers["x-amz-date"] ?? "", family, context, mismatch);
  return { principal: known.principal, scope };
}

function checkRequired(request: SignedRequest, scope: Scope, family: string, mismatch: (message: string) => AwsError): void {
  if (!scope.signedHeaders.includes("host")) throw mismatch("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  // curl 7.75 to 7.85 signs only host, x-amz-date and content-type, whatever else the caller gives it.
  const unsigned = Object.keys(request.headers).filter((name) => name.startsWith("x-amz-") && !scope.signedHeaders.includes(name));
  if (family === "s3" && unsigned.length > 0) {
    throw new AwsError("AccessDenied", `There were headers present in the request which were not signed: ${unsigned.join(", ")}`, 403);
  }
  if (request.headers["x-amz-security-token"] !== undefined && !scope.signedHeaders.includes("x-amz-security-token")) {
    throw mismatch("'X-Amz-Security-Token' must be a 'SignedHeader' in the AWS Authorization.");
  }
  if (family !== "s3") return;
  const declared = request.headers["x-amz-content-sha256"];
  if (declared === undefined) {
    throw new AwsError("InvalidRequest", "Missing required header for this request: x-amz-content-sha256", 400);
  }
  if (declared !== "UNSIGNED-PAYLOAD" && declared !== sha256(request.body)) {
    throw new AwsError("XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.", 400);
  }
}

function checkDate(
  stamp: string,
  family: string,
  { now, skipped = 0 }: Pick<AuthenticationContext, "now" | "skipped">,
  mismatch: (message: string) => AwsError,
): void {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(stamp);
  if (!match) throw mismatch("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
  const [, year, month, day, hour, minute, second] = match;
  const signedAt = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  const skew = Math.min(...[now, now - skipped].map((clock) => Math.abs(signedAt - clock)));
  if (skew <= (family === "s3" ? S3_SKEW_MS : SKEW_MS)) return;
  if (family === "s3")
    throw new AwsError("RequestTimeTooSkewed", "The difference between the request time and the current time is too large.", 403);
  const current = new Date(now).toISOString().replace(/[-:]|\.\d{3}/g, "");
  throw mismatch(`Signature ${signedAt < now ? "expired" : "not yet current"}: ${stamp} compared with ${current}`);
}
