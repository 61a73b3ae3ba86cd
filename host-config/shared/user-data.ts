/**
 * What the user data of any component is made of: shell functions, the same for all, and the quoting of what differs.
 * The functions are bash; they expect `$imds` (`http://169.254.169.254/latest`) and `$region`.
 */

/** EC2's limit on user data, in bytes before base64. */
export const USER_DATA_LIMIT_BYTES = 16_384;

/** Where the bundle lies; the digest is part of the launch template, so the bytes cannot change under what is deployed. */
export interface BundleLocation {
  bucket: string;
  key: string;
  /** Hex. */
  sha256: string;
}

/** The console line that an operator reads where the bootstrap failed. */
export const SAY = `say() {
  echo "ci-runners: $*" >&2
  { echo "ci-runners: $*" >/dev/console; } 2>/dev/null || true
}
`;

/** `metadata PATH`: what the instance metadata has below `meta-data/`. */
export const METADATA = `metadata() {
  local token
  token=$(curl -sSf --noproxy '*' --max-time 2 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' "$imds/api/token") || return
  curl -sSf --noproxy '*' --max-time 2 -H "X-aws-ec2-metadata-token: $token" "$imds/meta-data/$1"
}
`;

/** `signed SERVICE URL ...`: curl with the credentials of the instance's profile. */
export const SIGNED = `# Credentials reach curl on its standard input: arguments can be read by every user of the machine.
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

/** `patiently COMMAND ...` */
export const PATIENTLY = `# The profile's credentials and a route out may lag the first seconds of an instance's life: 8 tries in about 70 s.
patiently() {
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

/** S3 keys in a URL: each part encoded, the slashes kept. */
function encodeKey(key: string): string {
  return key.split("/").map(encodeURIComponent).join("/");
}
