/**
 * Building blocks of any component's user data: shared bash functions and URL helpers. The functions expect `$imds`
 * (`http://169.254.169.254/latest`) and `$region`. Their comments are part of the user data and count towards its limit.
 */

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

/** `signed SERVICE URL ...`: curl with a signature by the credentials of the instance profile. */
export const SIGNED = `# Credentials go to curl on standard input: any local user can read arguments.
signed() {
  local service=$1 role json key secret session
  shift
  role=$(metadata iam/security-credentials/) || return
  json=$(metadata "iam/security-credentials/$role") || return
  key=$(field AccessKeyId "$json")
  secret=$(field SecretAccessKey "$json")
  session=$(field Token "$json")
  [ -n "$key" ] && [ -n "$secret" ] && [ -n "$session" ] || return
  printf 'user = "%s:%s"\\nheader = "x-amz-security-token: %s"\\n' "$key" "$secret" "$session" |
    curl -sS --config - --connect-timeout 5 --max-time 60 --aws-sigv4 "aws:amz:$region:$service" "$@"
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

export function awsDomain(region: string): string {
  return region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
}

export function s3Url(region: string, { bucket, key }: Pick<BundleLocation, "bucket" | "key">): string {
  return `https://${bucket}.s3.${region}.${awsDomain(region)}/${encodeKey(key)}`;
}

/** An S3 key in a URL: each part is encoded, slashes are kept. */
function encodeKey(key: string): string {
  return key.split("/").map(encodeURIComponent).join("/");
}
