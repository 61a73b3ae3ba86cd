import { X509Certificate } from "node:crypto";
import { type Violation, violation } from "./input-errors";
import { CERTIFICATE } from "./pem";

export function certificateViolations(field: string, pem: string | undefined): Violation[] {
  if (pem === undefined) return [];
  if (/PRIVATE KEY/.test(pem)) {
    return [violation(field, "(not shown)", "it contains a private key", "Give only the certificates; the key stays with the authority")];
  }
  const certificates = pem.match(CERTIFICATE) ?? [];
  const remedy = "Use PEM text, with its lines BEGIN CERTIFICATE and END CERTIFICATE";
  if (certificates.length === 0) return [violation(field, pem, "it contains no certificate", remedy)];
  const broken = certificates.findIndex((one) => !parses(one));
  return broken < 0 ? [] : [violation(field, certificates[broken], `certificate ${broken + 1} cannot be read`, remedy)];
}

function parses(certificate: string): boolean {
  try {
    return new X509Certificate(certificate).raw.length > 0;
  } catch {
    return false;
  }
}
