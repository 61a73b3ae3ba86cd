import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { SIGNED } from "../../../../host-config/shared/user-data";
import { sign } from "../../../../rehearsal/aws/wire/sigv4";
import { deployRole, ACCOUNT, startHarness, type AwsHarness } from "../harness";

const run = promisify(execFile);
const GROUP_ARN = "arn:aws:autoscaling:*:*:autoScalingGroup:*:autoScalingGroupName/pool";

describe("the front, called by curl as on a host", () => {
  let harness: AwsHarness;
  let host: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };

  before(async () => {
    harness = await startHarness({ githubHosts: ["ghe.example.com"] });
    deployRole(
      harness.store,
      "host",
      [
        { Effect: "Allow", Action: "autoscaling:CompleteLifecycleAction", Resource: GROUP_ARN },
        { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::bundles/host/*" },
      ],
      "ec2.amazonaws.com",
    );
    host = harness.credentials.issue({ kind: "instance", instanceId: "i-0123456789abcdef0", roleName: "host" });
    const file = join(harness.workDir, "bundle");
    writeFileSync(file, Buffer.from([1, 2, 3, 0, 255]));
    harness.store.put({ type: "aws:s3/bucket:Bucket", id: "bundles", state: { bucket: "bundles" } });
    const state = { bucket: "bundles", key: "host/b+1 x.tar", file, etag: "abc", contentType: "application/x-tar" };
    harness.store.put({ type: "aws:s3/bucketObjectv2:BucketObjectv2", id: "bundles/host/b", state });
  });
  after(() => harness.end());

  /** Runs curl with the real host names, connected to the TLS port on loopback; returns status and body. */
  async function curl(url: string, ...more: string[]): Promise<{ status: number; body: string }> {
    const name = new URL(url).hostname;
    const { stdout } = await run("curl", [
      "-sS",
      "--noproxy",
      "*",
      "--cacert",
      harness.front.caFile,
      "--connect-to",
      `${name}:443:127.0.0.1:${harness.front.tlsPort}`,
      "-w",
      "\n%{http_code}",
      ...more,
      url,
    ]);
    const lines = stdout.split("\n");
    return { status: Number(lines.pop()), body: lines.join("\n") };
  }

  const signed = (service: string, secret = host.secretAccessKey) => [
    "--aws-sigv4",
    `aws:amz:${ACCOUNT.region}:${service}`,
    "--user",
    `${host.accessKeyId}:${secret}`,
    "-H",
    `x-amz-security-token: ${host.sessionToken}`,
  ];
  const abandon =
    "Action=CompleteLifecycleAction&Version=2011-01-01&AutoScalingGroupName=pool&LifecycleHookName=h&LifecycleActionResult=ABANDON&InstanceId=i-0123456789abcdef0";
  const autoscaling = `https://autoscaling.${ACCOUNT.region}.amazonaws.com/`;

  it("must let a host without an SDK abandon its launch with a signed POST", async () => {
    const { status, body } = await curl(autoscaling, ...signed("autoscaling"), "--data", abandon);
    // Authorised and parsed; it fails only because this test has no such group.
    assert.equal(status, 400);
    assert.match(body, /<Code>ValidationError<\/Code>/);
    assert.doesNotMatch(body, /Unknown parameter|Signature/);
  });

  it("must reject a request signed with the wrong key or for the wrong service, or unsigned", async () => {
    const wrong = await curl(autoscaling, ...signed("autoscaling", "wrong"), "--data", abandon);
    assert.equal(wrong.status, 403);
    assert.match(wrong.body, /SignatureDoesNotMatch/);
    const service = await curl(autoscaling, ...signed("ssm"), "--data", abandon);
    assert.match(service.body, /Credential should be scoped to correct service: 'autoscaling'/);
    const none = await curl(autoscaling, "--data", abandon);
    assert.match(none.body, /MissingAuthenticationToken/);
  });

  it("must reject a session token that does not belong to the key", async () => {
    const foreign = ["--aws-sigv4", `aws:amz:${ACCOUNT.region}:autoscaling`, "--user", `${host.accessKeyId}:${host.secretAccessKey}`];
    const { status, body } = await curl(autoscaling, ...foreign, "-H", "x-amz-security-token: stolen", "--data", abandon);
    assert.equal(status, 403);
    assert.match(body, /InvalidClientTokenId/);
  });

  const object = `https://bundles.s3.${ACCOUNT.region}.amazonaws.com/host/b%2B1%20x.tar`;
  const empty = createHash("sha256").update("").digest("hex");

  it("must serve the host bundle unchanged under both forms of a bucket's URL", async () => {
    const output = join(harness.workDir, "fetched");
    for (const url of [object, `https://s3.${ACCOUNT.region}.amazonaws.com/bundles/host/b%2B1%20x.tar`]) {
      const { status } = await curl(url, ...signed("s3"), "-H", `x-amz-content-sha256: ${empty}`, "-o", output);
      assert.equal(status, 200);
      assert.deepEqual([...readFileSync(output)], [1, 2, 3, 0, 255]);
    }
  });

  it("must accept the signatures of the user data's own shell functions, for S3 and for a form [A16.1]", async () => {
    const script = `set -Eeuo pipefail
metadata() { if [ "$1" = iam/security-credentials/ ]; then echo role; else printf '%s' "$CREDENTIALS"; fi; }
${SIGNED}
signed "$@"`;
    const { accessKeyId, secretAccessKey, sessionToken } = host;
    const credentials = JSON.stringify({ AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, Token: sessionToken }, null, 2);
    const send = async (service: string, url: string, form: string) => {
      const connect = ["--connect-to", `${new URL(url).hostname}:443:127.0.0.1:${harness.front.tlsPort}`];
      const options = ["--noproxy", "*", "--cacert", harness.front.caFile, ...connect, "-w", "\n%{http_code}"];
      const { stdout } = await run("bash", ["-c", script, "user-data", service, url, form, ...options], {
        env: { PATH: process.env.PATH, region: ACCOUNT.region, CREDENTIALS: credentials },
        encoding: "latin1",
      });
      return stdout;
    };
    assert.equal(await send("s3", object, ""), "\u0001\u0002\u0003\u0000\u00ff\n200");
    const refused = await send("autoscaling", autoscaling, abandon);
    assert.match(refused, /<Code>ValidationError<\/Code>[\s\S]*\n400$/, "authorised and parsed, but there is no such group");
  });

  /** A GET of the object whose signature covers only some of the headers that are sent. */
  function signedByHand(sent: Record<string, string>, signedHeaders: string[]): Promise<{ status: number; body: string }> {
    const name = new URL(object).hostname;
    const stamp = new Date().toISOString().replace(/[-:]|\.\d{3}/g, "");
    const headers: Record<string, string> = { host: name, "x-amz-date": stamp, ...sent };
    const scope = {
      accessKeyId: host.accessKeyId,
      date: stamp.slice(0, 8),
      region: ACCOUNT.region,
      service: "s3",
      signedHeaders,
      signature: "",
    };
    const signature = sign(
      { method: "GET", path: new URL(object).pathname, query: "", headers, body: Buffer.alloc(0) },
      scope,
      host.secretAccessKey,
    );
    const credential = `${scope.accessKeyId}/${scope.date}/${scope.region}/s3/aws4_request`;
    const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${scope.signedHeaders.join(";")}, Signature=${signature}`;
    return curl(object, ...Object.entries({ ...headers, authorization }).flatMap(([key, value]) => ["-H", `${key}: ${value}`]));
  }

  it("must reject S3 requests without the payload hash, as S3 does, since curl before version 8 does not add it", async () => {
    const sent = { "x-amz-security-token": host.sessionToken ?? "" };
    const { status, body } = await signedByHand(sent, ["host", "x-amz-date", "x-amz-security-token"]);
    assert.equal(status, 400);
    assert.match(body, /Missing required header for this request: x-amz-content-sha256/);
  });

  it("must reject the S3 requests of curl before 7.86, which does not sign the headers that it is given, as of Ubuntu 22.04 [A16.1]", async () => {
    const sent = { "x-amz-security-token": host.sessionToken ?? "", "x-amz-content-sha256": empty };
    const { status, body } = await signedByHand(sent, ["host", "x-amz-date"]);
    assert.equal(status, 403);
    assert.match(body, /<Code>AccessDenied<\/Code>/);
    assert.match(
      body,
      /There were headers present in the request which were not signed: (?=.*x-amz-security-token)(?=.*x-amz-content-sha256)/,
    );
    const all = await signedByHand(sent, ["host", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"]);
    assert.equal(all.status, 200, "the same request with a signature over all of them");
  });

  it("must not reveal to a host which other objects are in the bucket", async () => {
    const { status, body } = await curl(
      `https://bundles.s3.${ACCOUNT.region}.amazonaws.com/host/none.tar`,
      ...signed("s3"),
      "-H",
      `x-amz-content-sha256: ${empty}`,
    );
    assert.equal(status, 403);
    assert.match(body, /<Code>AccessDenied<\/Code>/);
    const outside = await curl(
      `https://bundles.s3.${ACCOUNT.region}.amazonaws.com/secret`,
      ...signed("s3"),
      "-H",
      `x-amz-content-sha256: ${empty}`,
    );
    assert.match(outside.body, /is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::bundles\/secret/);
  });

  it("must route GitHub's host names, including Enterprise Server's, to GitHub, with a certificate that covers them", async () => {
    for (const name of ["github.com", "api.github.com", "objects.githubusercontent.com", "ghe.example.com"]) {
      const { status, body } = await curl(`https://${name}/x`);
      assert.deepEqual({ status, body }, { status: 200, body: `github ${name}/x` });
    }
  });

  it("must serve instance metadata only to machines identified by the machines' gateway", async () => {
    const { stdout } = await run("curl", [
      "-sS",
      "--noproxy",
      "*",
      "-H",
      "Host: 169.254.169.254",
      "-H",
      "x-rehearsal-source-ip: 10.64.0.2",
      "-w",
      "\n%{http_code}",
      `http://127.0.0.1:${harness.front.httpPort}/latest/meta-data/instance-id`,
    ]);
    assert.match(stdout, /instances only[\s\S]*403$/);
    const viaSocket = await run("curl", [
      "-sS",
      "--noproxy",
      "*",
      "--unix-socket",
      harness.front.socketPath,
      "-H",
      "x-rehearsal-source-ip: 10.64.0.2",
      "-w",
      "%{http_code}",
      "http://169.254.169.254/latest/meta-data/instance-id",
    ]);
    assert.equal(viaSocket.stdout, "403"); // no instance has that address: the 403 of IMDS itself, which has no body
  });
});
