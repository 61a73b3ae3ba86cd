export interface ProxyArgs {
  /**
   * Proxy for requests by http, of the instance and of jobs. Limits: `http://HOST:PORT`, without credentials; an address of the
   * network, not of the instance itself; not port 80, which the runner would leave out. Default: none.
   */
  httpProxy?: string;

  /** Proxy for requests by https, GitHub's included. Limits: as `httpProxy`. Default: none. */
  httpsProxy?: string;

  /**
   * Hosts that are reached without the proxy, as hosts, domains with a leading dot, addresses or ranges such as `10.0.0.0/8`.
   * The instance itself and its metadata always are. Limits: at most 100, without ports, wildcards and ranges of IPv6;
   * requires a proxy. Default: none.
   */
  noProxy?: string[];

  /**
   * The host's own calls to AWS go by the proxy, too, for a VPC without endpoints or a NAT gateway. Otherwise they go straight to
   * the endpoints that the component needs. Limits: true requires `httpsProxy`. Default: false.
   */
  awsByProxy?: boolean;

  /**
   * Certificates, as PEM text, of private authorities that instances, their jobs and Docker trust besides the public ones, such as
   * that of a proxy that inspects TLS. Functions do not trust them: see `github.caCertificates`. Limits: at least one that is
   * valid today, none that has expired, no private key; the user data of a pool has room for about 8 KB. Default: none.
   */
  caBundle?: string;
}
