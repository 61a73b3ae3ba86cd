import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";
import { hostConfig } from "../../../components/actions-runner-pool/host-config";
import { resolveSettings } from "../../../components/actions-runner-pool/settings";
import { hostAuthorities } from "../../../components/shared/host-authorities";
import type { HostArgs } from "../../../components/shared/host-args";
import { proxyViolations } from "../../../components/shared/host-rules/proxy";
import { certificatesOf } from "../../../components/shared/pem";
import { PROGRAM, poolArgs } from "../actions-runner-pool/pool-args";

const [FIRST = "", SECOND = "", THIRD = ""] = rootCertificates;
const { github } = poolArgs();
const settingsOf = (changes: Parameters<typeof poolArgs>[0]) => resolveSettings("runners", poolArgs(changes), PROGRAM);
const proxyOf = (changes: HostArgs) => hostConfig(settingsOf(changes), "us-east-1", "x64").proxy;
const problems = (changes: HostArgs, now?: number) => proxyViolations(settingsOf(changes), now);

describe("the proxy of a pool", () => {
  it("reaches its hosts as the user wrote it", () => {
    const [httpProxy, httpsProxy] = ["http://web.corp:3128", "http://proxy.corp:8080"];
    assert.equal(proxyOf({}), undefined);
    assert.equal(proxyOf({ awsByProxy: false, noProxy: [] }), undefined);
    assert.deepEqual(proxyOf({ httpsProxy }), { https: httpsProxy, noProxy: [] });
    assert.deepEqual(proxyOf({ httpProxy, httpsProxy, noProxy: [".corp"], awsByProxy: true }), {
      http: httpProxy,
      https: httpsProxy,
      noProxy: [".corp"],
      awsByProxy: true,
    });
  });

  it("may be any address of the network, with hosts, domains, addresses and ranges of IPv4 as exceptions", () => {
    for (const host of ["proxy", "proxy.corp.example", "team_proxy.internal", "10.1.2.3", "[fd12::3]", "203.0.113.7"]) {
      assert.deepEqual(problems({ httpProxy: `http://${host}:3128`, httpsProxy: `http://${host}:65535` }), [], host);
    }
    const noProxy = ["git", "git.corp", ".corp", "_dmarc.corp", "10.1.2.3", "10.0.0.0/8", "fd12::3", "::1", "1password.com"];
    assert.deepEqual(problems({ httpsProxy: "http://proxy:3128", noProxy }), []);
  });
});

describe("the private authorities of hosts", () => {
  const both = (caCertificates: string | undefined, caBundle: string | undefined) =>
    hostAuthorities(settingsOf({ github: { ...github, caCertificates }, caBundle }));

  it("are those of github.caCertificates and of caBundle, each once: two files of one certificate confuse Debian's tool", () => {
    assert.equal(both(undefined, undefined), "");
    assert.equal(both(undefined, FIRST), certificatesOf(FIRST));
    assert.equal(both(`${FIRST}\n${SECOND}`, `# again\r\n${SECOND}\n${THIRD}\n${THIRD}`), certificatesOf(`${FIRST}\n${SECOND}\n${THIRD}`));
  });

  it("are unchanged by an absent caBundle, or an upgrade would refresh each pool that has authorities", () => {
    const twice = `${FIRST}\n${FIRST}`;
    assert.equal(both(twice, undefined), certificatesOf(twice));
  });

  it("make the host read them, whichever argument gave them", () => {
    const given = (caBundle?: string) => hostConfig(settingsOf({ caBundle }), "us-east-1", "x64").privateAuthorities;
    assert.deepEqual([given(), given(FIRST)], [undefined, true]);
  });

  it("are accepted before their time beside one that is valid, or no team could change its authority without an outage", () => {
    const known = rootCertificates
      .map((pem) => ({ pem, from: Date.parse(new X509Certificate(pem).validFrom) }))
      .sort((a, b) => a.from - b.from);
    const coming = known.at(-1)!;
    const now = coming.from - 1;
    const current = known.find(({ pem }) => Date.parse(new X509Certificate(pem).validTo) > now)!;
    assert.deepEqual(problems({ caBundle: `${current.pem}\n${coming.pem}` }, now), []);
    assert.equal(problems({ caBundle: coming.pem }, now).length, 1);
  });

  it("are refused before their time and after it, to the second", () => {
    const [validFrom, validTo] = [new X509Certificate(FIRST)].map((one) => [one.validFrom, one.validTo].map(Date.parse))[0] as [
      number,
      number,
    ];
    const texts = (now: number) => problems({ caBundle: FIRST }, now).map(({ reason }) => /expired|valid only/.exec(reason)?.[0]);
    assert.deepEqual([validFrom - 1, validFrom, validTo, validTo + 1].map(texts), [["valid only"], [], [], ["expired"]]);
  });
});
