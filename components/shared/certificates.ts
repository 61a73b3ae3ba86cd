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

/**
 * Of certificates that can be read: those that have expired, and those that come, unless another one is valid until then. No program
 * minds one that it does not accept yet beside one that it does.
 */
export function validityViolations(field: string, pem: string | undefined, now: number): Violation[] {
  const certificates = (pem?.match(CERTIFICATE) ?? []).map((one) => new X509Certificate(one));
  const noneYet = certificates.every(({ validFrom }) => Date.parse(validFrom) > now);
  return certificates.flatMap(({ validFrom, validTo, subject }, index) => {
    const day = (text: string) => new Date(text).toISOString().slice(0, "yyyy-mm-dd".length);
    const shown = subject ? subject.replaceAll("\n", ", ") : "(without a subject)";
    const refused = (problem: string, remedy: string) => [violation(field, shown, `certificate ${index + 1} ${problem}`, remedy)];
    if (Date.parse(validTo) < now) return refused(`expired on ${day(validTo)}`, "Replace it, or remove it");
    if (noneYet) return refused(`is valid only from ${day(validFrom)} on`, "Add the one that is valid until then");
    return [];
  });
}

function parses(certificate: string): boolean {
  try {
    return new X509Certificate(certificate).raw.length > 0;
  } catch {
    return false;
  }
}
