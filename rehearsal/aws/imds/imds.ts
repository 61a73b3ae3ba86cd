import type { TargetState } from "../../../contract/aws/lifecycle";
import type { Clock } from "../../clock";
import type { Random } from "../../random";
import type { Principal } from "../api";
import type { IssuedCredentials } from "../credentials";
import { instanceTypes } from "../ec2/catalogue";
import type { Fleet } from "../ec2/fleet";
import type { Instance } from "../ec2/instance";
import type { ImdsFaults } from "./imds-faults";
import type { AwsAccount } from "../account";

export interface ImdsRequest {
  method: string;
  /** `/latest/...`, including any query string. */
  path: string;
  /** Names in lower case. */
  headers: Record<string, string | string[] | undefined>;
  /** Private address of the calling instance; nothing else identifies it. */
  sourceIp: string;
}

export interface ImdsResponse {
  /** 0: no response, the connection is cut. */
  status: number;
  headers: Record<string, string>;
  body: string;
  /** Milliseconds until the response; absent: no delay. */
  delayMs?: number;
}

export interface ImdsOptions {
  clock: Clock;
  random: Random;
  fleet: Fleet;
  account: AwsAccount;
  targetState: (instanceId: string) => TargetState | undefined;
  /** Issues credentials for an instance's role; throws if the role cannot be assumed. */
  issue: (principal: Principal) => IssuedCredentials;
  faults?: ImdsFaults;
}

const TTL_HEADER = "x-aws-ec2-metadata-token-ttl-seconds";
const TOKEN_HEADER = "x-aws-ec2-metadata-token";
/** A session token is valid for 1 second to 6 hours. */
const MAX_TTL_SECONDS = 21_600;
/** Remaining validity below which credentials are renewed: IMDS offers new ones 5 minutes before the old ones expire. */
const RENEWAL_MS = 5 * 60_000;

type MetadataResult = ImdsResponse | string | undefined;

/**
 * The instance metadata service of all instances, which identifies the caller by its source address. Returns the pure
 * handler, independent of the transport (the gateway of real machines, a simulated host).
 */
export function createImds(options: ImdsOptions): (request: ImdsRequest) => ImdsResponse {
  const tokens = new Map<string, { instanceId: string; expiresAt: number }>();
  const credentials = new Map<string, IssuedCredentials & { roleName: string }>();

  const issueToken = (instance: Instance, request: ImdsRequest): ImdsResponse => {
    // IMDS rejects forwarded requests, to protect instances that run an open proxy.
    if (request.headers["x-forwarded-for"] !== undefined) return plain(403, "");
    const ttl = Number(header(request, TTL_HEADER));
    if (!Number.isInteger(ttl) || ttl < 1 || ttl > MAX_TTL_SECONDS) return plain(400, "");
    const now = options.clock.now();
    for (const [token, { expiresAt }] of tokens) {
      if (expiresAt > now) break; // in order of issue; a long-lived token may keep a few expired ones behind it
      tokens.delete(token);
    }
    const token = Buffer.from(options.random.hex(80), "hex").toString("base64url").padEnd(56, "=");
    tokens.set(token, { instanceId: instance.id, expiresAt: now + ttl * 1000 });
    return { status: 200, headers: { "content-type": "text/plain", [TTL_HEADER]: String(ttl) }, body: token };
  };

  const authentic = (instance: Instance, request: ImdsRequest): boolean => {
    const token = header(request, TOKEN_HEADER);
    if (token === undefined) return instance.metadata?.httpTokens === "optional";
    const known = tokens.get(token);
    return known?.instanceId === instance.id && known.expiresAt > options.clock.now();
  };

  const roleCredentials = (instance: Instance, roleName: string): MetadataResult => {
    if (instance.profile?.roleName !== roleName) return undefined;
    let current = credentials.get(instance.id);
    if (current?.roleName !== roleName || Date.parse(current.expiration) - options.clock.now() < RENEWAL_MS) {
      try {
        current = { ...options.issue({ kind: "instance", instanceId: instance.id, roleName }), roleName };
      } catch (error) {
        // The real service responds with 200 and this code if the role cannot be assumed.
        return json({ Code: "AssumeRoleUnauthorizedAccess", Message: (error as Error).message, LastUpdated: iso(options.clock.now()) });
      }
      credentials.set(instance.id, current);
    }
    return json({
      Code: "Success",
      LastUpdated: iso(options.clock.now()),
      Type: "AWS-HMAC",
      AccessKeyId: current.accessKeyId,
      SecretAccessKey: current.secretAccessKey,
      Token: current.sessionToken,
      Expiration: current.expiration,
    });
  };

  const metadata = (instance: Instance, path: string): MetadataResult => {
    const { account, targetState } = options;
    switch (path) {
      case "instance-id":
        return instance.id;
      case "instance-type":
        return instance.instanceType;
      case "ami-id":
        return instance.imageId;
      case "local-ipv4":
        return instance.privateIp;
      case "hostname":
      case "local-hostname":
        return `ip-${instance.privateIp.replaceAll(".", "-")}.${account.region}.compute.internal`;
      case "instance-life-cycle":
        return instance.spot ? "spot" : "on-demand";
      case "placement/availability-zone":
        return instance.availabilityZone;
      case "placement/region":
        return account.region;
      case "services/domain":
        return "amazonaws.com";
      case "services/partition":
        return "aws";
      case "autoscaling/target-lifecycle-state":
        return targetState(instance.id);
      case "spot/instance-action":
        return instance.interruption && json({ action: instance.interruption.action, time: iso(instance.interruption.at) });
      case "iam/info":
        return (
          instance.profile && json({ Code: "Success", LastUpdated: iso(options.clock.now()), InstanceProfileArn: instance.profile.arn })
        );
      case "iam/security-credentials":
      case "iam/security-credentials/":
        return instance.profile?.roleName;
    }
    const role = after(path, "iam/security-credentials/");
    if (role !== undefined) return roleCredentials(instance, role);
    return tag(instance, path);
  };

  return (request) => {
    const instance = options.fleet.atAddress(request.sourceIp);
    if (!instance || instance.metadata?.httpEndpoint === "disabled") return plain(403, "");
    const fault = options.faults?.of(instance.id);
    if (fault?.kind === "down") return plain(0, "");
    if (fault?.kind === "status") return plain(fault.status, "");
    return fault?.kind === "slow" ? { ...answer(instance, request), delayMs: fault.ms } : answer(instance, request);
  };

  function answer(instance: Instance, request: ImdsRequest): ImdsResponse {
    const path = request.path.split("?")[0]!;
    if (path === "/latest/api/token") return request.method === "PUT" ? issueToken(instance, request) : plain(405, "");
    if (request.method !== "GET" && request.method !== "HEAD") return plain(405, "");
    if (!authentic(instance, request)) return plain(401, "");
    const found = route(instance, versionless(path), metadata, options.account);
    if (found === undefined) return plain(404, "");
    return typeof found === "string" ? plain(200, found) : found;
  }
}

function route(
  instance: Instance,
  path: string,
  metadata: (instance: Instance, path: string) => MetadataResult,
  account: AwsAccount,
): MetadataResult {
  if (path === "/latest/user-data") return instance.userData || undefined;
  if (path === "/latest/dynamic/instance-identity/document") return identityDocument(instance, account);
  if (path === "/latest/dynamic/instance-identity" || path === "/latest/dynamic/instance-identity/") return "document";
  const item = after(path, "/latest/meta-data/") ?? (path === "/latest/meta-data" ? "" : undefined);
  if (item !== undefined) return metadata(instance, item) ?? listing(item, (other) => metadata(instance, other) !== undefined);
  return path === "/latest/" || path === "/latest" ? "dynamic\nmeta-data\nuser-data" : undefined;
}

/** All items that can exist; a listing contains those that do. */
const ITEMS = [
  "ami-id",
  "autoscaling/target-lifecycle-state",
  "hostname",
  "iam/info",
  "iam/security-credentials/",
  "instance-id",
  "instance-life-cycle",
  "instance-type",
  "local-hostname",
  "local-ipv4",
  "placement/availability-zone",
  "placement/region",
  "services/domain",
  "services/partition",
  "spot/instance-action",
  "tags/instance/",
];

/** The items in a folder, one a line, folders with a slash. cloud-init crawls them and aborts if one is missing. */
function listing(folder: string, exists: (item: string) => boolean): string | undefined {
  const prefix = folder === "" || folder.endsWith("/") ? folder : `${folder}/`;
  const names = ITEMS.flatMap((item) => {
    const rest = after(item, prefix);
    return rest && exists(item) ? [rest.replace(/\/.*/, "/")] : [];
  });
  return names.length > 0 ? [...new Set(names)].join("\n") : undefined;
}

/** `/2021-03-23/...` is a dated version of the same API; clients such as cloud-init pin one. */
function versionless(path: string): string {
  return path.replace(/^\/\d{4}-\d{2}-\d{2}(?=\/|$)/, "/latest");
}

function identityDocument(instance: Instance, account: AwsAccount): ImdsResponse {
  const architecture = instanceTypes.get(instance.instanceType)?.architecture ?? "x86_64";
  return json({
    accountId: account.accountId,
    architecture,
    availabilityZone: instance.availabilityZone,
    imageId: instance.imageId ?? null,
    instanceId: instance.id,
    instanceType: instance.instanceType,
    pendingTime: iso(instance.launchedAt),
    privateIp: instance.privateIp,
    region: account.region,
    version: "2017-09-30",
  });
}

/** Served only if the launch template enables instance metadata tags; EC2's default is disabled. */
function tag(instance: Instance, path: string): MetadataResult {
  if (instance.metadata?.instanceMetadataTags !== "enabled") return undefined;
  const key = after(path, "tags/instance/");
  if (key === "" || path === "tags/instance") return Object.keys(instance.tags).join("\n");
  return key === undefined ? undefined : instance.tags[decodeURIComponent(key)];
}

function header(request: ImdsRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function after(text: string, prefix: string): string | undefined {
  return text.startsWith(prefix) ? text.slice(prefix.length) : undefined;
}

/** The service returns times without fractions of a second. */
function iso(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}

function plain(status: number, body: string): ImdsResponse {
  return { status, headers: { "content-type": "text/plain" }, body };
}

function json(value: unknown): ImdsResponse {
  return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(value, null, 2) };
}
