import type { TargetState } from "../../../contract/aws/lifecycle";
import type { Clock } from "../../clock";
import type { Random } from "../../random";
import type { AwsAccount } from "../account";
import { instanceTypes } from "../ec2/catalogue";
import type { Fleet } from "../ec2/fleet";
import type { Instance } from "../ec2/instance";
import { type ImdsRequest, type ImdsResponse, iso, json, plain } from "./http";
import type { ImdsFaults } from "./imds-faults";
import { after, metadata, type MetadataItem, type MetadataSources } from "./metadata-items";
import { type IssueCredentials, RoleCredentials } from "./role-credentials";
import { SessionTokens } from "./session-tokens";

export interface ImdsOptions {
  clock: Clock;
  random: Random;
  fleet: Fleet;
  account: AwsAccount;
  targetState: (instanceId: string) => TargetState | undefined;
  issue: IssueCredentials;
  faults?: ImdsFaults;
}

/**
 * The instance metadata service of all instances, which identifies the caller by its source address. Returns the pure
 * handler, independent of the transport (the gateway of real machines, a simulated host).
 */
export function createImds({ clock, random, issue, fleet, faults, ...rest }: ImdsOptions): (request: ImdsRequest) => ImdsResponse {
  const tokens = new SessionTokens(clock, random);
  const sources = { ...rest, clock, credentials: new RoleCredentials(clock, issue) };
  return (request) => {
    const instance = fleet.atAddress(request.sourceIp);
    if (!instance || instance.metadata?.httpEndpoint === "disabled") return plain(403, "");
    const fault = faults?.of(instance.id);
    if (fault?.kind === "down") return plain(0, "");
    if (fault?.kind === "status") return plain(fault.status, "");
    const answer = respond(instance, request, tokens, sources);
    return fault?.kind === "slow" ? { ...answer, delayMs: fault.ms } : answer;
  };
}

function respond(instance: Instance, request: ImdsRequest, tokens: SessionTokens, sources: MetadataSources): ImdsResponse {
  const path = request.path.split("?")[0]!;
  if (path === "/latest/api/token") return request.method === "PUT" ? tokens.issue(instance, request) : plain(405, "");
  if (request.method !== "GET" && request.method !== "HEAD") return plain(405, "");
  if (!tokens.accepts(instance, request)) return plain(401, "");
  const found = route(instance, versionless(path), sources);
  if (found === undefined) return plain(404, "");
  return typeof found === "string" ? plain(200, found) : found;
}

function route(instance: Instance, path: string, sources: MetadataSources): MetadataItem {
  if (path === "/latest/user-data") return instance.userData || undefined;
  if (path === "/latest/dynamic/instance-identity/document") return identityDocument(instance, sources.account);
  if (path === "/latest/dynamic/instance-identity" || path === "/latest/dynamic/instance-identity/") return "document";
  const item = after(path, "/latest/meta-data/") ?? (path === "/latest/meta-data" ? "" : undefined);
  if (item !== undefined) return metadata(instance, item, sources);
  return path === "/latest/" || path === "/latest" ? "dynamic\nmeta-data\nuser-data" : undefined;
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
