// tsyringe, a dependency of x509, does not load without it.
import "reflect-metadata";
import { mkdir, writeFile } from "node:fs/promises";
import { webcrypto } from "node:crypto";
import { isIP } from "node:net";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";

/** Files of a private certificate authority and of one certificate for all host names that the rehearsal serves. */
export interface CertificateFiles {
  /** The authority that clients trust, PEM. */
  caFile: string;
  certFile: string;
  keyFile: string;
}

export interface Certificates extends CertificateFiles {
  ca: string;
  cert: string;
  key: string;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY_MS = 24 * 3600_000;
/** Machines are cached for a long time and their clocks may lag; each rehearsal creates a new authority. */
const VALIDITY_DAYS = 30;

/** AWS's host names in a region, and GitHub's. A wildcard covers one label, so each level is listed. */
export function servedNames(region: string, extra: readonly string[] = []): string[] {
  return [
    ...new Set([
      "*.amazonaws.com",
      `*.${region}.amazonaws.com`,
      `*.s3.${region}.amazonaws.com`,
      "*.s3.amazonaws.com",
      `*.ddb.${region}.amazonaws.com`,
      `*.lambda-url.${region}.on.aws`,
      "github.com",
      "*.github.com",
      "*.githubusercontent.com",
      "*.actions.githubusercontent.com",
      ...extra,
    ]),
  ];
}

/** Creates an authority and a certificate for `names` (host names, wildcards, addresses) and writes both into `dir`. */
export async function createCertificates(dir: string, names: readonly string[]): Promise<Certificates> {
  x509.cryptoProvider.set(webcrypto as unknown as Crypto);
  const caKeys = await newKeys();
  const notBefore = new Date(Date.now() - DAY_MS);
  const notAfter = new Date(Date.now() + VALIDITY_DAYS * DAY_MS);
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: "01",
    name: "CN=ci-runners rehearsal authority",
    notBefore,
    notAfter,
    signingAlgorithm: ALGORITHM,
    keys: caKeys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  const leafKeys = await newKeys();
  const all = [...names, "localhost", "127.0.0.1", "::1"];
  const leaf = await x509.X509CertificateGenerator.create({
    serialNumber: "02",
    subject: "CN=ci-runners rehearsal",
    issuer: authority.subject,
    notBefore,
    notAfter,
    signingAlgorithm: ALGORITHM,
    publicKey: leafKeys.publicKey,
    signingKey: caKeys.privateKey,
    extensions: [
      new x509.SubjectAlternativeNameExtension(all.map((value) => ({ type: isIP(value) ? ("ip" as const) : ("dns" as const), value }))),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(["1.3.6.1.5.5.7.3.1"]), // server authentication
      await x509.AuthorityKeyIdentifierExtension.create(authority),
    ],
  });
  const pkcs8 = await webcrypto.subtle.exportKey("pkcs8", leafKeys.privateKey as Parameters<typeof webcrypto.subtle.exportKey>[1]);
  const certificates: Certificates = {
    caFile: join(dir, "ca.pem"),
    certFile: join(dir, "leaf.pem"),
    keyFile: join(dir, "leaf-key.pem"),
    ca: authority.toString("pem"),
    cert: leaf.toString("pem"),
    key: x509.PemConverter.encode(pkcs8, "PRIVATE KEY"),
  };
  await mkdir(dir, { recursive: true });
  await writeFile(certificates.caFile, `${certificates.ca}\n`);
  await writeFile(certificates.certFile, `${certificates.cert}\n`);
  await writeFile(certificates.keyFile, `${certificates.key}\n`, { mode: 0o600 });
  return certificates;
}

async function newKeys(): Promise<CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"])) as unknown as CryptoKeyPair;
}
