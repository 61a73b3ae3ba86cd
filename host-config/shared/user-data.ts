/**
 * Building blocks of any component's user data: shared bash functions and URL helpers. The functions expect `$imds`
 * (`http://169.254.169.254/latest`) and `$region`. Their comments are part of the user data and count towards its limit.
 */

import { partitionOf } from "../../contract/aws/partitions";

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

/**
 * `signed SERVICE URL BODY OPTION ...`: curl with a signature (version 4) by the credentials of the instance profile; a POST
 * of the form BODY, a GET if it is empty. Signed by hand, because curl signs what S3 demands only from 7.87 on, and the
 * images have 7.74 (Debian 11) or 7.81 (Ubuntu 22.04). With coreutils and bash alone: openssl is not on each image, and
 * takes its key as an argument.
 */
export const SIGNED = `# Credentials go to curl on standard input, and keys to functions only: any local user can read a process's arguments.
signed() {
  local service=$1 url=$2 body=$3 method=GET role json id secret session host path now day scope hash type names canonical key part
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
  type=\${body:+content-type:application/x-www-form-urlencoded$'\\n'}
  names="\${body:+content-type;}host;x-amz-content-sha256;x-amz-date;x-amz-security-token"
  canonical=$(printf '%s\\n' "$method" "$path" '' "\${type}host:$host" "x-amz-content-sha256:$hash" "x-amz-date:$now" \\
    "x-amz-security-token:$session" '' "$names" "$hash")
  canonical=$(printf %s "$canonical" | digest)
  key=$(printf 'AWS4%s' "$secret" | od -An -v -tx1 | tr -d ' \\n')
  for part in "$day" "$region" "$service" aws4_request; do key=$(printf %s "$part" | hmac "$key"); done
  key=$(printf '%s\\n%s\\n%s\\n%s' AWS4-HMAC-SHA256 "$now" "$scope" "$canonical" | hmac "$key")
  {
    printf 'header = "%s"\\n' "x-amz-content-sha256: $hash" "x-amz-date: $now" "x-amz-security-token: $session" \\
      "authorization: AWS4-HMAC-SHA256 Credential=$id/$scope, SignedHeaders=$names, Signature=$key"
    [ -z "$body" ] || printf 'data = "%s"\\n' "$body"
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

/** An S3 key in a URL: each part is encoded, slashes are kept. */
function encodeKey(key: string): string {
  return key.split("/").map(encode).join("/");
}
