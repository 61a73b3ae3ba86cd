/**
 * Building blocks of any component's user data: shared bash functions and URL helpers. The functions expect `$imds`
 * (`http://169.254.169.254/latest`) and `$region`. Their comments are part of the user data and count towards its limit.
 */

import { partitionOf } from "../../contract/aws/partitions";
import type { HostProxy } from "../../contract/shared/host-setup";
import { hostVariables } from "./proxy/variables";
import { shellQuote } from "./shell-quote";
import { SYSTEM_AUTHORITIES } from "./system-authorities";

/** EC2's limit on user data, in bytes before base64. */
export const USER_DATA_LIMIT_BYTES = 16_384;

/** Location of the bundle. The digest is part of the launch template, so a deployed stack always runs the same bytes. */
export interface BundleLocation {
  bucket: string;
  key: string;
  /** Hex. */
  sha256: string;
}

/** `say TEXT`: writes a line to the console, where an operator can read why the bootstrap failed. */
export const SAY = `say() {
  echo "ci-runners: $*" >&2
  { echo "ci-runners: $*" >/dev/console; } 2>/dev/null || true
}
`;

/** `metadata PATH`: prints the instance metadata at a path below `meta-data/`. */
export const METADATA = `metadata() {
  local token
  token=$(curl -sSf --noproxy '*' --max-time 2 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' "$imds/api/token") || return
  curl -sSf --noproxy '*' --max-time 2 -H "X-aws-ec2-metadata-token: $token" "$imds/meta-data/$1"
}
`;

/** What a POST carries: a form, or JSON for the operation that `$target` names, such as `secretsmanager.GetSecretValue`. */
type Post = "form" | "json";

/** Lines of `signed` that differ. A header of AWS's own has to be signed, too, in its place of the alphabet. */
const POST_LINES: Record<Post, { locals: string; last: string; lastName: string; lastLine: string; type: string; options: string }> = {
  form: {
    locals: "",
    last: "",
    lastName: "",
    lastLine: "",
    type: "application/x-www-form-urlencoded",
    options: `printf 'data = "%s"\\n' "$body"`,
  },
  json: {
    locals: " last",
    last: "  last=${body:+$'\\n'x-amz-target:$target}\n",
    lastName: "${body:+;x-amz-target}",
    lastLine: "$last",
    type: "application/x-amz-json-1.1",
    options: `printf '%s = "%s"\\n' header "content-type: application/x-amz-json-1.1" header "x-amz-target: $target" \\
      data "\${body//\\"/\\\\\\"}"`,
  },
};

/**
 * `signed SERVICE URL BODY OPTION ...`: curl with a signature (version 4) by the credentials of the instance profile; a POST
 * of BODY, a GET if it is empty. Signed by hand, because curl signs what S3 demands only from 7.87 on, and the
 * images have 7.74 (Debian 11) or 7.81 (Ubuntu 22.04). With coreutils and bash alone: openssl is not on each image, and
 * takes its key as an argument.
 */
function signed(post: Post): string {
  const { locals, last, lastName, lastLine, type, options } = POST_LINES[post];
  return `# Credentials go to curl on standard input, and keys to functions only: any local user can read a process's arguments.
signed() {
  local service=$1 url=$2 body=$3 method=GET role json id secret session host path now day scope hash type names canonical key part${locals}
  shift 3
  role=$(metadata iam/security-credentials/) || return
  json=$(metadata "iam/security-credentials/$role") || return
  id=$(field AccessKeyId "$json")
  secret=$(field SecretAccessKey "$json")
  session=$(field Token "$json")
  [ -n "$id" ] && [ -n "$secret" ] && [ -n "$session" ] || return
  [ -z "$body" ] || method=POST
  host=\${url#*://}
  path=/\${host#*/}
  host=\${host%%/*}
  now=$(date -u +%Y%m%dT%H%M%SZ)
  day=\${now%T*}
  scope=$day/$region/$service/aws4_request
  hash=$(printf %s "$body" | digest)
  type=\${body:+content-type:${type}$'\\n'}
  names="\${body:+content-type;}host;x-amz-content-sha256;x-amz-date;x-amz-security-token${lastName}"
${last}  canonical=$(printf '%s\\n' "$method" "$path" '' "\${type}host:$host" "x-amz-content-sha256:$hash" "x-amz-date:$now" \\
    "x-amz-security-token:$session${lastLine}" '' "$names" "$hash")
  canonical=$(printf %s "$canonical" | digest)
  key=$(printf 'AWS4%s' "$secret" | od -An -v -tx1 | tr -d ' \\n')
  for part in "$day" "$region" "$service" aws4_request; do key=$(printf %s "$part" | hmac "$key"); done
  key=$(printf '%s\\n%s\\n%s\\n%s' AWS4-HMAC-SHA256 "$now" "$scope" "$canonical" | hmac "$key")
  {
    printf 'header = "%s"\\n' "x-amz-content-sha256: $hash" "x-amz-date: $now" "x-amz-security-token: $session" \\
      "authorization: AWS4-HMAC-SHA256 Credential=$id/$scope, SignedHeaders=$names, Signature=$key"
    [ -z "$body" ] || ${options}
  } | curl -sS --config - --connect-timeout 5 --max-time 60 "$@" "$url"
}

# HEX_KEY: the HMAC-SHA256 of standard input, in hex.
hmac() {
  local key=$1 inner='' outer='' byte i
  [ \${#key} -le 128 ] || key=$(bytes "$key" | digest)
  for ((i = 0; i < 128; i += 2)); do
    byte=\${key:i:2}
    byte=$((16#\${byte:-0}))
    printf -v inner %s%02x "$inner" $((byte ^ 0x36))
    printf -v outer %s%02x "$outer" $((byte ^ 0x5c))
  done
  inner=$({ bytes "$inner" && cat; } | digest)
  bytes "$outer$inner" | digest
}

# The SHA-256 of standard input, in hex.
digest() {
  sha256sum | cut -d ' ' -f 1
}

bytes() {
  local i escapes=''
  for ((i = 0; i < \${#1}; i += 2)); do escapes+="\\\\x\${1:i:2}"; done
  printf %b "$escapes"
}

field() {
  sed -n 's/.*"'"$1"'" *: *"\\([^"]*\\)".*/\\1/p' <<<"$2"
}
`;
}

/** With forms. */
export const SIGNED = signed("form");

/** With JSON; `$target` must be set for a POST. */
export const SIGNED_JSON = signed("json");

/** `retry COMMAND ...` */
export const RETRY = `# Credentials and the network may not be ready right after boot: 8 tries in about 70 s.
retry() {
  local try
  for try in 1 2 3 4 5 6 7; do
    "$@" && return
    sleep $((try < 4 ? try * 2 : 15))
  done
  "$@"
}
`;

export function s3Url(region: string, { bucket, key }: Pick<BundleLocation, "bucket" | "key">): string {
  return `https://${bucket}.s3.${region}.${partitionOf(region).dnsSuffix}/${encodeKey(key)}`;
}

/** The address of a service's API in a Region. */
export function serviceUrl(service: string, region: string): string {
  return `https://${service}.${region}.${partitionOf(region).dnsSuffix}/`;
}

/** For a URL or a form, as a signature needs it: encodeURIComponent leaves five characters that AWS encodes. */
export function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

/**
 * `export` lines of the proxy's variables, for the script's downloads and inherited by the installer.
 *
 * @param urls AWS's, that the script calls
 */
export function exportProxy(proxy: HostProxy | undefined, urls: readonly string[]): string {
  const endpoints = urls.map((url) => new URL(url).host);
  return Object.entries(hostVariables(proxy, endpoints))
    .map(([name, value]) => `export ${name}=${shellQuote(value)}\n`)
    .join("");
}

/**
 * Lines that write private authorities to a file, and have curl trust them: before the first request to AWS, and before install.sh, which
 * makes the whole system trust them. They contain no secret. curl takes one file of authorities, which replaces its default: therefore
 * the joined one. They need `fail` and `$home`.
 *
 * @param pem PEM text that ends with a line feed
 */
export function writeAuthorities(path: string, pem: string): string {
  return `export RUNNER_AUTHORITIES=${shellQuote(path)}
cat >"$RUNNER_AUTHORITIES" <<'PEM' || fail "$RUNNER_AUTHORITIES: disk full or not writable"
${pem}PEM
${TRUST_IN_CURL}`;
}

/** Has curl trust the system's authorities and those of the file `$RUNNER_AUTHORITIES`. */
export const TRUST_IN_CURL = `for store in ${SYSTEM_AUTHORITIES.join(" ")}; do
  [ -e "$store" ] || continue
  export CURL_CA_BUNDLE=$home/curl.pem
  cat "$store" "$RUNNER_AUTHORITIES" >"$CURL_CA_BUNDLE" || fail "$CURL_CA_BUNDLE: disk full or not writable"
  break
done
`;

/** `fetch URL SHA256 FILE`: an object of S3. */
export const FETCH = `# URL SHA256 FILE
fetch() {
  retry signed s3 "$1" '' -f -o "$3" || fail "$1 could not be downloaded to $3"
  echo "$2  $3" | sha256sum --check --status || fail "$1 has the wrong SHA-256, expected $2"
}
`;

/** An S3 key in a URL: each part is encoded, slashes are kept. */
function encodeKey(key: string): string {
  return key.split("/").map(encode).join("/");
}
