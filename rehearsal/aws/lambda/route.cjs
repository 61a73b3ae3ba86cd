// Preloaded into a function's process: routes its connections to AWS and GitHub to the stand-in and refuses all others.
// Covers http, https, tls and the built-in fetch, since all of them connect through net.Socket. Host names are not
// changed, so certificates and signatures are checked against the real ones.
"use strict";
const net = require("node:net");

const { port, hosts } = JSON.parse(process.env.CI_RUNNERS_ROUTE);
delete process.env.CI_RUNNERS_ROUTE;

const isServed = (host) => hosts.some((known) => host === known || (known.startsWith("*.") && host.endsWith(known.slice(1))));
const isLoopback = (host) => host === "localhost" || host === "::1" || /^127\./.test(host);
const original = net.Socket.prototype.connect;

net.Socket.prototype.connect = function connect(...args) {
  // Node's own callers pass one array of [options, callback]; others pass options, or port and host.
  const inner = Array.isArray(args[0]) ? args[0] : args;
  const given =
    typeof inner[0] === "object" && inner[0] !== null
      ? inner[0]
      : { port: inner[0], host: typeof inner[1] === "string" ? inner[1] : undefined };
  if (given.path) return original.apply(this, args);
  const host = (given.host ?? "localhost").toLowerCase();
  if (isLoopback(host)) return original.apply(this, args);
  if (Number(given.port) === 443 && isServed(host)) {
    const routed = { ...given, host: "127.0.0.1", port };
    delete routed.lookup;
    const callback = inner.find((argument) => typeof argument === "function");
    return callback ? original.call(this, routed, callback) : original.call(this, routed);
  }
  const error = Object.assign(new Error(`connect ENETUNREACH ${host}:${given.port} - the rehearsal has no such host`), {
    code: "ENETUNREACH",
    syscall: "connect",
  });
  process.nextTick(() => this.destroy(error));
  return this;
};
