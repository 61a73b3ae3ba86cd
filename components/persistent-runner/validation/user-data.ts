import { LONGEST_REGION } from "../../../contract/aws/partitions";
import { USER_DATA_LIMIT_BYTES } from "../../../host-config/shared/user-data";
import { type Violation, violation } from "../../shared/input-errors";
import { certificatesOf } from "../../shared/pem";
import type { PersistentRunnerSettings } from "../settings";
import { firstUserData } from "../user-data";

/** Checks the size with the longest Region, so that it cannot exceed EC2's limit later. The error names the longest part. */
export function userDataViolations(settings: PersistentRunnerSettings): Violation[] {
  const bytes = Buffer.byteLength(firstUserData(settings, LONGEST_REGION));
  if (bytes <= USER_DATA_LIMIT_BYTES) return [];
  const certificates = { "github.caCertificates": settings.github.caCertificates, caBundle: settings.caBundle };
  const remedy = "Leave out intermediate certificates, which the server sends itself, or put them onto the image";
  const parts = [
    ...Object.entries(certificates).map(([field, pem]) => {
      const { length } = certificatesOf(pem ?? "");
      return { field, shown: `${length} characters`, length, remedy };
    }),
    {
      field: "noProxy",
      shown: `${settings.noProxy?.length ?? 0} entries`,
      length: settings.noProxy?.join().length ?? 0,
      remedy: "Shorten the list, for example with domains and ranges",
    },
  ];
  const { field, shown, remedy: way } = parts.reduce((longest, part) => (part.length > longest.length ? part : longest));
  return [violation(field, shown, `the user data has ${bytes} bytes with them; EC2 allows ${USER_DATA_LIMIT_BYTES}`, way)];
}
