/** The certificates of a PEM text. */
export const CERTIFICATE = /-----BEGIN CERTIFICATE-----([\sA-Za-z0-9+/=]+?)-----END CERTIFICATE-----/g;

/**
 * The certificates of a PEM text and nothing else, one after the other in one form: comments and line ends change neither
 * the hash of a function's archive nor the user data.
 */
export function certificatesOf(pem: string): string {
  const bodies = [...pem.matchAll(CERTIFICATE)].map(([, body = ""]) => body.replace(/\s/g, "").match(/.{1,64}/g) ?? []);
  return bodies.map((lines) => ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n")).join("");
}

/** Those of both texts in one form; one that the first has is not repeated. */
export function mergeCertificates(first: string, second: string): string {
  const known = certificatesOf(first);
  const added = (second.match(CERTIFICATE) ?? []).map(certificatesOf).filter((one) => !known.includes(one));
  return known + [...new Set(added)].join("");
}
