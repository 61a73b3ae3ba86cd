import { X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";

/** A public authority, as PEM text. The list of an older Node.js has some that have expired. */
export const VALID_AUTHORITY = rootCertificates.find((one) => Date.parse(new X509Certificate(one).validTo) > Date.now()) as string;
