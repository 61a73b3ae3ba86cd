import type { Clock } from "../../clock";
import type { Random } from "../../random";
import { type Authorisation, AwsError, type Principal, type Service, type Shape } from "../api";
import type { AwsAccount } from "../account";
import type { KmsKeys } from "../kms/keys";
import {
  describe,
  type Filter,
  invalidParameter,
  isCompleteArn,
  kmsDenied,
  looksComplete,
  markedForDeletion,
  matchesFilters,
  nameFromArn,
  nameTakenByDeletion,
  notFound,
  requestTagContext,
  type Secret,
  type SecretVersion,
  stageOf,
  stages,
  type Tag,
  tagContext,
  withTags,
} from "./secret";

const DAY_MS = 24 * 3600_000;
/** Secrets Manager's default recovery window, in days. */
const RECOVERY_DAYS = 30;
const PAGE_DEFAULT = 100;
/** For how long a forced deletion blocks the name: AWS says only "a short delay". */
const FORCED_DELETION_MS = 3_000;
const ENCRYPT = ["kms:GenerateDataKey", "kms:Decrypt"];
const DECRYPT = ["kms:Decrypt"];

/** Secrets Manager: values, tags, scheduled and forced deletion, with AWS's error codes and messages. */
export class SecretsManager implements Service {
  readonly prefix = "secretsmanager";
  private readonly secrets = new Map<string, Secret>();
  /** Until when the names of secrets that were deleted by force are blocked. */
  private readonly blocked = new Map<string, number>();
  /** Before then no secret and no blocked name expires. A pool of a thousand instances has a secret for each that launches. */
  private nextExpiry = Infinity;

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly account: AwsAccount,
    private readonly keys: KmsKeys,
  ) {}

  /**
   * Creates a secret that exists before the program is deployed (the GitHub App's key), under a given ARN if the
   * configuration already names one; one without its six random characters gets them. Replaces a secret of that name.
   */
  seed(secret: { name?: string; arn?: string; value: string; tags?: Record<string, string>; kmsKeyId?: string }): string {
    const name = secret.name ?? nameFromArn(secret.arn ?? "");
    const arn = secret.arn !== undefined && isCompleteArn(secret.arn) ? secret.arn : this.newArn(name);
    if (!name) throw new Error("a seeded secret needs a name or an ARN");
    const now = this.clock.now();
    const { kmsKeyId, tags = {} } = secret;
    const entry: Secret = { arn, name, tags: new Map(Object.entries(tags)), createdAt: now, changedAt: now, ...(kmsKeyId && { kmsKeyId }) };
    this.secrets.set(name, entry);
    this.setValue(entry, { SecretString: secret.value });
    return arn;
  }

  remove(nameOrArn: string): void {
    const secret = this.find(nameOrArn);
    if (secret) this.secrets.delete(secret.name);
  }

  /** Names of all secrets, including those scheduled for deletion, for the check for leftovers. */
  names(): string[] {
    this.expire();
    return [...this.secrets.keys()];
  }

  authorisation(operation: string, params: Shape): Authorisation[] {
    if (operation === "ListSecrets") return [{ resource: "*", context: {} }];
    if (operation === "CreateSecret") {
      const tags = (params["Tags"] as Tag[] | undefined) ?? [];
      const name = String(params["Name"] ?? "");
      const resource = this.find(name)?.arn ?? `${this.arnOf(name)}-??????`;
      const context = { ...requestTagContext(tags), "secretsmanager:Name": name };
      const create = { resource, context };
      return tags.length === 0 ? [create] : [create, { resource, context, action: "secretsmanager:TagResource" }];
    }
    const id = String(params["SecretId"] ?? "");
    const secret = this.find(id);
    const resource = secret?.arn ?? (id.startsWith("arn:") ? id : this.arnOf(id));
    const context: Record<string, string> = { ...tagContext(secret?.tags ?? []), "secretsmanager:SecretId": id };
    if (operation === "TagResource" && secret) {
      const tags = (params["Tags"] as Tag[] | undefined) ?? [];
      Object.assign(context, requestTagContext(tags));
      // Whoever would lose the permission by it is refused as well.
      const after = tagContext(tags.map(({ Key, Value }) => [Key, Value] as const));
      return [
        { resource, context },
        { resource, context: { ...context, ...after } },
      ];
    }
    if (operation === "DeleteSecret") {
      context["secretsmanager:ForceDeleteWithoutRecovery"] = String(params["ForceDeleteWithoutRecovery"] === true);
    }
    return [{ resource, context, ...(secret ? {} : { missing: true }) }];
  }

  async execute(operation: string, params: Shape, principal: Principal): Promise<Shape> {
    this.expire();
    switch (operation) {
      case "CreateSecret":
        return this.create(params, principal);
      case "GetSecretValue":
        return this.value(params, principal);
      case "PutSecretValue":
        return this.put(params, principal);
      case "UpdateSecret":
        return this.update(params, principal);
      case "DeleteSecret":
        return this.delete(params);
      case "RestoreSecret":
        return this.restore(params);
      case "DescribeSecret":
        return { ...describe(this.known(params)), VersionIdsToStages: stages(this.known(params)) };
      case "ListSecrets":
        return this.list(params);
      case "TagResource":
        return this.tag(params);
      default:
        throw new AwsError("UnknownOperationException", `The rehearsal's Secrets Manager has no ${operation}.`);
    }
  }

  private create(params: Shape, principal: Principal): Shape {
    const name = String(params["Name"] ?? "");
    if (!/^[A-Za-z0-9/_+=.@-]{1,512}$/.test(name)) {
      throw invalidParameter("Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!");
    }
    const existing = this.secrets.get(name);
    if (existing?.deletion || this.blocked.has(name)) throw nameTakenByDeletion();
    if (existing) throw new AwsError("ResourceExistsException", `The operation failed because the secret ${name} already exists.`);
    const now = this.clock.now();
    const tags = withTags([], params);
    const description = params["Description"] as string | undefined;
    const kmsKeyId = params["KmsKeyId"] as string | undefined;
    const arn = this.newArn(name);
    this.useKey(principal, arn, kmsKeyId, ENCRYPT);
    const secret: Secret = {
      arn,
      name,
      tags,
      createdAt: now,
      changedAt: now,
      ...(description ? { description } : {}),
      ...(kmsKeyId ? { kmsKeyId } : {}),
    };
    this.secrets.set(name, secret);
    if (params["SecretString"] !== undefined || params["SecretBinary"] !== undefined) this.setValue(secret, params);
    return { ARN: secret.arn, Name: name, ...(secret.current ? { VersionId: secret.current.id } : {}) };
  }

  private value(params: Shape, principal: Principal): Shape {
    const secret = this.usable(params);
    const stage = (params["VersionStage"] as string | undefined) ?? "AWSCURRENT";
    const wanted = params["VersionId"];
    const version = [secret.current, secret.previous].find((candidate) =>
      wanted === undefined ? candidate && stageOf(secret, candidate) === stage : candidate?.id === wanted,
    );
    if (!version) {
      throw new AwsError(
        "ResourceNotFoundException",
        `Secrets Manager can't find the specified secret value for ${wanted === undefined ? `staging label: ${stage}` : `VersionId: ${String(wanted)}`}`,
      );
    }
    if (!this.mayRead(principal, secret, version)) throw kmsDenied();
    return {
      ARN: secret.arn,
      Name: secret.name,
      VersionId: version.id,
      SecretString: version.secretString,
      SecretBinary: version.secretBinary,
      VersionStages: [stageOf(secret, version)],
      CreatedDate: new Date(version.createdAt),
    };
  }

  private put(params: Shape, principal: Principal): Shape {
    const secret = this.usable(params);
    this.useKey(principal, secret.arn, secret.kmsKeyId, ENCRYPT);
    this.setValue(secret, params);
    return { ARN: secret.arn, Name: secret.name, VersionId: secret.current?.id, VersionStages: ["AWSCURRENT"] };
  }

  /** Another key serves new values. What is there is encrypted with it besides, if the caller may, and remains readable with the old. */
  private update(params: Shape, principal: Principal): Shape {
    const secret = this.usable(params);
    const key = params["KmsKeyId"] as string | undefined;
    if (key !== undefined) {
      this.useKey(principal, secret.arn, key || undefined, ENCRYPT);
      const mayEncrypt = this.mayUse(principal, secret.arn, key || undefined, ["kms:Encrypt"]);
      for (const version of [secret.current, secret.previous]) {
        if (version && mayEncrypt && this.mayRead(principal, secret, version)) version.keys.push(key || undefined);
      }
      if (key === "") delete secret.kmsKeyId;
      else secret.kmsKeyId = key;
    }
    if (params["Description"] !== undefined) secret.description = String(params["Description"]);
    const hasValue = params["SecretString"] !== undefined || params["SecretBinary"] !== undefined;
    if (hasValue) {
      this.useKey(principal, secret.arn, secret.kmsKeyId, ENCRYPT);
      this.setValue(secret, params);
    }
    return { ARN: secret.arn, Name: secret.name, ...(hasValue ? { VersionId: secret.current?.id } : {}) };
  }

  private delete(params: Shape): Shape {
    const force = params["ForceDeleteWithoutRecovery"] === true;
    const days = params["RecoveryWindowInDays"] as number | undefined;
    if (force && days !== undefined) {
      throw invalidParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
    }
    if (days !== undefined && (days < 7 || days > 30)) {
      throw invalidParameter("The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).");
    }
    const id = String(params["SecretId"] ?? "");
    const secret = this.find(id);
    const now = this.clock.now();
    if (force) {
      // AWS makes forced deletion idempotent: it succeeds even if the secret does not exist.
      if (secret) {
        this.secrets.delete(secret.name);
        this.blocked.set(secret.name, now + FORCED_DELETION_MS);
        this.nextExpiry = Math.min(this.nextExpiry, now + FORCED_DELETION_MS);
      }
      return { ARN: secret?.arn ?? this.arnOf(id), Name: secret?.name ?? id, DeletionDate: new Date(now) };
    }
    if (!secret) throw notFound();
    if (secret.deletion) throw markedForDeletion();
    const dueAt = now + (days ?? RECOVERY_DAYS) * DAY_MS;
    secret.deletion = { requestedAt: now, dueAt };
    this.nextExpiry = Math.min(this.nextExpiry, dueAt);
    return { ARN: secret.arn, Name: secret.name, DeletionDate: new Date(secret.deletion.dueAt) };
  }

  private restore(params: Shape): Shape {
    const secret = this.known(params);
    delete secret.deletion;
    return { ARN: secret.arn, Name: secret.name };
  }

  private tag(params: Shape): Shape {
    const secret = this.usable(params);
    secret.tags = withTags(secret.tags, params);
    return {};
  }

  private list(params: Shape): Shape {
    const filters = (params["Filters"] as Filter[] | undefined) ?? [];
    const all = [...this.secrets.values()].filter(
      (secret) => (params["IncludePlannedDeletion"] === true || !secret.deletion) && matchesFilters(secret, filters),
    );
    const start = Number(params["NextToken"] ?? 0);
    if (!Number.isSafeInteger(start)) throw new AwsError("InvalidNextTokenException", "The NextToken value is invalid.");
    const end = start + Number(params["MaxResults"] ?? PAGE_DEFAULT);
    return { SecretList: all.slice(start, end).map(describe), ...(end < all.length ? { NextToken: String(end) } : {}) };
  }

  private useKey(principal: Principal, arn: string, key: string | undefined, actions: readonly string[]): void {
    if (!this.mayUse(principal, arn, key, actions)) throw kmsDenied();
  }

  private mayRead(principal: Principal, { arn }: Secret, { keys }: SecretVersion): boolean {
    return keys.some((key) => this.mayUse(principal, arn, key, DECRYPT));
  }

  private mayUse(principal: Principal, arn: string, key: string | undefined, actions: readonly string[]): boolean {
    const encryptionContext = { SecretARN: arn };
    return key === undefined || this.keys.refusal(principal, { key, actions, encryptionContext }, "secretsmanager") === undefined;
  }

  private setValue(secret: Secret, params: Shape): void {
    const now = this.clock.now();
    secret.previous = secret.current;
    secret.current = {
      id: (params["ClientRequestToken"] as string | undefined) ?? this.random.hex(32),
      createdAt: now,
      keys: [secret.kmsKeyId],
      secretString: params["SecretString"] as string | undefined,
      secretBinary: params["SecretBinary"] as Uint8Array | undefined,
    };
    secret.changedAt = now;
  }

  private known(params: Shape): Secret {
    const secret = this.find(String(params["SecretId"] ?? ""));
    if (!secret) throw notFound();
    return secret;
  }

  private usable(params: Shape): Secret {
    const secret = this.known(params);
    if (secret.deletion) throw markedForDeletion();
    return secret;
  }

  /** By name, by ARN, or by ARN without its six random characters, unless its end looks like them. */
  private find(nameOrArn: string): Secret | undefined {
    if (!nameOrArn.startsWith("arn:")) return this.secrets.get(nameOrArn);
    const named = this.secrets.get(nameFromArn(nameOrArn));
    if (named?.arn === nameOrArn) return named;
    const partial = !looksComplete(nameOrArn);
    return [...this.secrets.values()].find(({ arn }) => arn === nameOrArn || (partial && arn.slice(0, -7) === nameOrArn));
  }

  private expire(): void {
    const now = this.clock.now();
    if (now < this.nextExpiry) return;
    this.nextExpiry = Infinity;
    for (const { name, deletion } of this.secrets.values()) {
      if (deletion && this.isOver(deletion.dueAt, now)) this.secrets.delete(name);
    }
    for (const [name, until] of this.blocked) if (this.isOver(until, now)) this.blocked.delete(name);
  }

  private isOver(end: number, now: number): boolean {
    if (end > now) this.nextExpiry = Math.min(this.nextExpiry, end);
    return end <= now;
  }

  private newArn(name: string): string {
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    const suffix = Array.from({ length: 6 }, () => alphabet[this.random.between(0, alphabet.length - 1)]).join("");
    return `${this.arnOf(name)}-${suffix}`;
  }

  private arnOf(name: string): string {
    return `arn:aws:secretsmanager:${this.account.region}:${this.account.accountId}:secret:${name}`;
  }
}
