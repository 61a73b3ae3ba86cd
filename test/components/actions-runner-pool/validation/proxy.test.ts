import { VALID_AUTHORITY } from "../../../support/valid-authority";
import { rejects } from "./bad-input";

const httpsProxy = "http://proxy.corp.example:3128";

/** Valid in 2020 alone. */
const EXPIRED = `-----BEGIN CERTIFICATE-----
MIIBOjCB4aADAgECAgEBMAoGCCqGSM49BAMCMBsxGTAXBgNVBAMTEGFuIG9sZCBh
dXRob3JpdHkwHhcNMjAwMTAxMDAwMDAwWhcNMjEwMTAyMDAwMDAwWjAbMRkwFwYD
VQQDExBhbiBvbGQgYXV0aG9yaXR5MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
DZ5QnTIHd0EZ6apQl68atJuMk4CuDT8JRzzSb5Gcgr9L4jcA5giAZSSgVhmOUsxe
ZZcwlBeccjUgTPoTOHiuwKMWMBQwEgYDVR0TAQH/BAgwBgEB/wIBADAKBggqhkjO
PQQDAgNIADBFAiEA/xQW4I3B+3WGm0ANPB2GZk1wbBhorDlwVktTiHzsw5MCIGHJ
PYFenpyRVifdQ3zSG7fGuMVPaqqs6ZDZs70aRS2v
-----END CERTIFICATE-----
`;
/** Valid in 2101 alone. */
const COMING = `-----BEGIN CERTIFICATE-----
MIIBQTCB6aADAgECAgEBMAoGCCqGSM49BAMCMB0xGzAZBgNVBAMTEmEgY29taW5n
IGF1dGhvcml0eTAiGA8yMTAxMDEwMjAwMDAwMFoYDzIxMDIwMTAxMDAwMDAwWjAd
MRswGQYDVQQDExJhIGNvbWluZyBhdXRob3JpdHkwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASVzPfBN3b129yeCcwhDBbWfkKk/x4q+szQ88Ft47G3IHy80WR5Pdxr
W2ZBqyxV4Ku85nBBtJ+KqIyH4BPNEjvhoxYwFDASBgNVHRMBAf8ECDAGAQH/AgEA
MAoGCCqGSM49BAMCA0cAMEQCIAgUVXkLwwNKH31Oyry6hsns56Nd3GiwPTFAiVOy
1RJ5AiAM/oWbJ8kaOhH1SWRwmtH2PSAxL5NGpB59p6FBUlYm3w==
-----END CERTIFICATE-----
`;

rejects([
  {
    danger: "a proxy that speaks SOCKS, which the runner does not",
    changes: { httpsProxy: "socks5://proxy.corp.example:1080" },
    field: "httpsProxy",
    value: "socks5://proxy.corp.example:1080",
    remedy: /Use http:\/\/HOST:PORT/,
  },
  {
    danger: "a proxy that is itself called by TLS, which not all programs of a job can do",
    changes: { httpsProxy: "https://proxy.corp.example:3129" },
    field: "httpsProxy",
    value: "https://proxy.corp.example:3129",
    remedy: /Use http:\/\/HOST:PORT/,
  },
  {
    danger: "the address of a script for browsers",
    changes: { httpProxy: "http://proxy.corp.example:3128/proxy.pac" },
    field: "httpProxy",
    value: "proxy.pac",
    remedy: /Use http:\/\/HOST:PORT/,
  },
  {
    danger: "a quote, which would end the value in a unit or in apt's configuration",
    changes: { httpsProxy: 'http://proxy";x:3128' },
    field: "httpsProxy",
    value: "proxy",
    remedy: /Use http:\/\/HOST:PORT/,
  },
  {
    danger: "credentials of the proxy, which each step of each job would have in its environment",
    changes: { httpsProxy: "http://user:hunter2@proxy.corp.example:3128" },
    field: "httpsProxy",
    value: "(not shown)",
    remedy: /admit the instances by their addresses/,
  },
  {
    danger: "no port, for which curl assumes 1080 and the runner 80",
    changes: { httpsProxy: "http://proxy.corp.example" },
    field: "httpsProxy",
    value: "http://proxy.corp.example",
    remedy: /Add the port/,
  },
  {
    danger: "port 80, which the runner leaves out where it hands the address to jobs, so that each checkout would fail",
    changes: { httpsProxy: "http://proxy.corp.example:80" },
    field: "httpsProxy",
    value: "http://proxy.corp.example:80",
    remedy: /Use another port/,
  },
  ...["localhost", "127.0.0.1", "2130706433", "[::1]", "[::ffff:127.0.0.1]"].map((host) => ({
    danger: `a proxy on the instance itself (${host}), which no container reaches`,
    changes: { httpsProxy: `http://${host}:3128` },
    field: "httpsProxy",
    value: host,
    remedy: /Use an address of the network/,
  })),
  ...["169.254.169.254", "0xa9fea9fe", "[fd00:ec2::254]", "169.254.1.1", "[fe80::1]"].map((host) => ({
    danger: `an address of the instance's link as the proxy (${host}), such as the metadata's, which is denied to jobs`,
    changes: { httpProxy: `http://${host}:3128` },
    field: "httpProxy",
    value: host,
    remedy: /Use an address of the network/,
  })),
  ...["*.corp.example", "http://git.corp.example", "git.corp.example:443", "a,b", "10.0.0", "10.0.0.0/33", "fe80::1%eth0", ""].map(
    (entry) => ({
      danger: `an exception that programs read differently or not at all (${entry || "empty"})`,
      changes: { httpsProxy, noProxy: [".corp.example", entry] },
      field: "noProxy[1]",
      value: JSON.stringify(entry),
      remedy: /a domain with a leading dot/,
    }),
  ),
  ...["fd12::/16", "::/0"].map((entry) => ({
    danger: `a range of IPv6 as an exception (${entry}), at which each step fails that makes a client of Python's httpx`,
    changes: { httpsProxy, noProxy: [entry] },
    field: "noProxy[0]",
    value: JSON.stringify(entry),
    remedy: /a range such as 10\.0\.0\.0\/8/,
  })),
  {
    danger: "an exception of colons alone, at which config.sh fails on every instance",
    changes: { httpsProxy, noProxy: ["::"] },
    field: "noProxy[0]",
    value: JSON.stringify("::"),
    remedy: /Use a host/,
  },
  {
    danger: "a text in the place of the list, each of whose characters would be an exception",
    changes: { httpsProxy, noProxy: ".corp.example" as unknown as string[] },
    field: "noProxy",
    value: ".corp.example",
    remedy: /Write it as a list/,
  },
  {
    danger: "more exceptions than the user data has room for",
    changes: { httpsProxy, noProxy: Array.from({ length: 101 }, (_, index) => `host${index}`) },
    field: "noProxy",
    value: "101 entries",
    remedy: /Use domains and ranges/,
  },
  {
    danger: "exceptions from no proxy",
    changes: { noProxy: [".corp.example"] },
    field: "noProxy",
    value: ".corp.example",
    remedy: /Set httpsProxy/,
  },
  {
    danger: "AWS by a proxy for http alone, so that it would be called directly, without a route",
    changes: { httpProxy: "http://proxy.corp.example:3128", awsByProxy: true },
    field: "awsByProxy",
    value: "true",
    remedy: /Set httpsProxy/,
  },
  {
    danger: "the path of a file in place of its certificates",
    changes: { caBundle: "/etc/ssl/corp.pem" },
    field: "caBundle",
    value: "/etc/ssl/corp.pem",
    remedy: /BEGIN CERTIFICATE/,
  },
  {
    danger: "the authority's private key, which would be on every instance",
    changes: { caBundle: "-----BEGIN PRIVATE KEY-----\nMIGHAgEA\n-----END PRIVATE KEY-----\n" },
    field: "caBundle",
    value: "not shown",
    remedy: /only the certificates/,
  },
  {
    danger: "an authority that has expired, so that everything behind it would fail on each instance",
    changes: { caBundle: `${VALID_AUTHORITY}\n${EXPIRED}` },
    field: "caBundle",
    value: "CN=an old authority",
    remedy: /certificate 2 expired on 2021-01-02\. Replace it/,
  },
  {
    danger: "an authority that is not valid yet, without one that is",
    changes: { caBundle: COMING },
    field: "caBundle",
    value: "CN=a coming authority",
    remedy: /certificate 1 is valid only from 2101-01-02 on.*Add the one that is valid until then/,
  },
]);
