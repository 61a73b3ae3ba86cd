import { createLocalJWKSet, type CryptoKey, errors, type JSONWebKeySet, type LocalJWKSet } from "jose";
import { type Clock, systemClock } from "../lambda/clock";
import { reasonOf } from "../lambda/observer";
import { within } from "../lambda/timeout";
import { CachedValue } from "../webhook/cached-value";

/** Reads a JSON document. */
export type ReadDocument = (url: string, signal: AbortSignal) => Promise<unknown>;

/** What a simulation replaces: network and clock. */
export interface IssuerSeams {
  read?: ReadDocument;
  clock?: Clock;
}

/** The issuer's keys could not be read, which says nothing of the token: the request can be repeated. */
export class IssuerUnavailable extends Error {
  override readonly name = "IssuerUnavailable";
}

/** GitHub adds a key before it signs with it, and keeps the last one for longer than its tokens live. */
const MAX_AGE_MS = 60 * 60_000;
/** Tokens with unknown keys, which any caller can make up, cause no more than one request in this time. */
const LOOK_AGAIN_MS = 30_000;
/** For both documents together. */
const READ_MS = 5_000;
/** GitHub's documents have some 10,000 bytes. */
const MAX_BYTES = 256 * 1024;

/**
 * The public keys of an issuer of tokens, found by its discovery document. They are read once an hour, and once more when a token names
 * a key that is not among them. While they cannot be read, the last ones serve for ten minutes longer.
 */
export class IssuerKeys {
  private readonly cached: CachedValue<LocalJWKSet>;
  private readonly clock: Clock;
  private readonly read: ReadDocument;
  private lastRead = { at: Number.NEGATIVE_INFINITY, failed: false };

  /** @param issuer as the tokens spell it, without a trailing slash */
  constructor(
    readonly issuer: string,
    { read = fetchDocument, clock = systemClock }: IssuerSeams = {},
  ) {
    this.read = read;
    this.clock = clock;
    this.cached = new CachedValue(() => this.load(), clock, MAX_AGE_MS);
  }

  /**
   * The key that a token's header names. Whatever else the header says of keys (`jwk`, `jku`, `x5u`) is the caller's own claim.
   *
   * @throws IssuerUnavailable, or jose's JWKSNoMatchingKey
   */
  async find({ alg, kid }: { alg?: string; kid?: string }): Promise<CryptoKey> {
    // Without it, any of the keys would do.
    if (typeof kid !== "string" || kid === "") throw new errors.JWKSNoMatchingKey();
    const header = { alg: alg ?? "", kid };
    const known = await this.available(() => this.cached.get());
    try {
      return await known(header);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      return await (await this.again(error))(header);
    }
  }

  /** The keys anew, because a token names one that is not among the known ones. */
  private async again(unknown: errors.JWKSNoMatchingKey): Promise<LocalJWKSet> {
    const { at, failed } = this.lastRead;
    if (this.clock.now() - at >= LOOK_AGAIN_MS) return this.available(() => this.cached.refresh());
    if (failed) throw new IssuerUnavailable(`the keys of ${this.issuer} could not be read a moment ago`);
    throw unknown;
  }

  private async available(get: () => Promise<LocalJWKSet>): Promise<LocalJWKSet> {
    try {
      return await get();
    } catch (error) {
      throw new IssuerUnavailable(`the keys of ${this.issuer} cannot be read: ${reasonOf(error)}`);
    }
  }

  private async load(): Promise<LocalJWKSet> {
    this.lastRead = { at: this.clock.now(), failed: true };
    const keys = await within(this.clock, `reading the keys of ${this.issuer}`, READ_MS, async (signal) => {
      const discovery = `${this.issuer}/.well-known/openid-configuration`;
      const location = keysLocation(await this.read(discovery, signal), this.issuer, discovery);
      return createLocalJWKSet((await this.read(location, signal)) as JSONWebKeySet);
    });
    this.lastRead.failed = false;
    return keys;
  }
}

/** @throws if the document is another issuer's, or names keys that are kept elsewhere. */
function keysLocation(document: unknown, issuer: string, from: string): string {
  const { issuer: named, jwks_uri: location } = (document ?? {}) as Record<string, unknown>;
  if (named !== issuer) throw new Error(`${from} is not of this issuer`);
  if (typeof location !== "string" || !URL.canParse(location) || new URL(location).origin !== new URL(issuer).origin) {
    throw new Error(`${from} names no keys at ${new URL(issuer).origin}`);
  }
  return location;
}

async function fetchDocument(url: string, signal: AbortSignal): Promise<unknown> {
  const response = await fetch(url, { signal, redirect: "error", headers: { accept: "application/json", "user-agent": "ci-runners" } });
  if (response.status !== 200) throw new Error(`GET ${url}: HTTP ${response.status}`);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error(`GET ${url}: more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw new Error(`GET ${url}: the response is no JSON`);
  }
}
