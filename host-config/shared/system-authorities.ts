/**
 * Files with the certificate authorities that a system trusts, written by its tool: Debian's and Ubuntu's, and Amazon Linux's.
 * An image has at most one of them.
 */
export const SYSTEM_AUTHORITIES: readonly string[] = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"];
