import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";

interface SigningKey {
  kid: string;
  privateKey: KeyObject;
  /** The public half, as it is published. */
  published: Record<string, unknown>;
}

/** The issuer's keys. Made at their first use: a pair takes a tenth of a second, and most rehearsals need none. */
export class SigningKeys {
  /** Published, newest first; the first one signs. */
  private keys: SigningKey[] = [];

  /** Signs by another key from now on. @param keepsOld the former keys stay published, as GitHub's do while their tokens live */
  rotate(keepsOld = true): void {
    this.keys = [createKey(), ...(keepsOld ? this.keys : [])];
  }

  /** @param header replaces members of the token's header, for tests of its verification */
  sign(claims: Record<string, unknown>, header: Record<string, unknown> = {}): string {
    const { kid, privateKey } = this.current;
    const unsigned = `${part({ typ: "JWT", alg: "RS256", x5t: kid, kid, ...header })}.${part(claims)}`;
    return `${unsigned}.${sign("sha256", Buffer.from(unsigned), privateKey).toString("base64url")}`;
  }

  published(): { keys: Record<string, unknown>[] } {
    void this.current;
    return { keys: this.keys.map(({ published }) => published) };
  }

  private get current(): SigningKey {
    if (this.keys.length === 0) this.rotate();
    return this.keys[0]!;
  }
}

function createKey(): SigningKey {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const { n, e } = publicKey.export({ format: "jwk" });
  const kid = createHash("sha1").update(String(n)).digest("hex").toUpperCase();
  return { kid, privateKey, published: { n, kty: "RSA", kid, alg: "RS256", e, use: "sig", x5t: kid } };
}

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
