import assert from "node:assert/strict";
import { hostVariables, isExcepted, proxyLines, proxyVariables } from "../../../../host-config/shared/proxy/variables";

const PROXY = { http: "http://web.corp:3128", https: "http://proxy.corp:3128", noProxy: [".corp", "10.0.0.0/8"] };
const ENDPOINTS = ["bucket.s3.eu-west-1.amazonaws.com"];
const OWN = "localhost,127.0.0.1,::1,169.254.169.254,fd00:ec2::254";

describe("the variables that lead to the proxy", () => {
  it("are none without a proxy, so that other pools' units and user data stay as they are", () => {
    assert.deepEqual(proxyVariables(undefined), {});
    assert.deepEqual(hostVariables(undefined, ENDPOINTS), {});
    assert.equal(proxyLines(undefined), "");
  });

  it("have both cases, because curl reads http_proxy in lower case only and other programs read capitals only", () => {
    assert.deepEqual(proxyVariables(PROXY), {
      http_proxy: "http://web.corp:3128",
      HTTP_PROXY: "http://web.corp:3128",
      https_proxy: "http://proxy.corp:3128",
      HTTPS_PROXY: "http://proxy.corp:3128",
      no_proxy: `${OWN},.corp,10.0.0.0/8`,
      NO_PROXY: `${OWN},.corp,10.0.0.0/8`,
    });
    assert.deepEqual(Object.keys(proxyVariables({ https: PROXY.https, noProxy: [] })), [
      "https_proxy",
      "HTTPS_PROXY",
      "no_proxy",
      "NO_PROXY",
    ]);
  });

  it("never lead to the metadata, whose credentials the proxy would see, whatever the stack says", () => {
    for (const awsByProxy of [undefined, true]) {
      for (const variables of [proxyVariables({ ...PROXY, awsByProxy }), hostVariables({ ...PROXY, noProxy: [], awsByProxy }, ENDPOINTS)]) {
        assert.ok(variables.no_proxy!.split(",").includes("169.254.169.254") && variables.NO_PROXY!.split(",").includes("fd00:ec2::254"));
      }
    }
  });

  it("except the pool's own endpoints for the host alone: a job's S3 or STS may have no endpoint, and would be unreachable", () => {
    assert.equal(hostVariables(PROXY, ENDPOINTS).no_proxy, `${OWN},${ENDPOINTS[0]},.corp,10.0.0.0/8`);
    assert.ok(!proxyVariables(PROXY).no_proxy!.includes("amazonaws"));
    assert.equal(hostVariables({ ...PROXY, awsByProxy: true }, ENDPOINTS).no_proxy, `${OWN},.corp,10.0.0.0/8`);
  });

  it("name each exception once, also if the user repeats one of ours", () => {
    assert.equal(proxyVariables({ https: "http://p:3128", noProxy: ["localhost", ".corp", ".corp"] }).no_proxy, `${OWN},.corp`);
  });
});

describe("an exception from the proxy, for a host's own calls to AWS", () => {
  const excepted = (entry: string, host: string) => isExcepted({ noProxy: [entry] }, host);
  it("covers a host and the hosts of its domain, and no other that ends in the same letters", () => {
    assert.ok(excepted("secretsmanager.eu-west-1.amazonaws.com", "secretsmanager.eu-west-1.amazonaws.com"));
    assert.ok(excepted(".eu-west-1.amazonaws.com", "monitoring.EU-west-1.amazonaws.com"));
    assert.ok(excepted("amazonaws.com", "monitoring.eu-west-1.amazonaws.com"));
    assert.ok(!excepted(".ecretsmanager.eu-west-1.amazonaws.com", "secretsmanager.eu-west-1.amazonaws.com"));
    assert.ok(!excepted("aws.com", "amazonaws.com"));
    assert.ok(!excepted("10.0.0.0/8", "monitoring.eu-west-1.amazonaws.com"));
  });
});
