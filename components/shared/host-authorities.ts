import { mergeCertificates } from "./pem";
import type { HostSettings } from "./host-args/settings";

/** The private authorities that hosts trust, as PEM text in one form; empty without any. */
export function hostAuthorities({ github, caBundle }: Pick<HostSettings, "github" | "caBundle">): string {
  return mergeCertificates(github.caCertificates ?? "", caBundle ?? "");
}
