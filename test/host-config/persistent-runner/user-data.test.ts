import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { bootScript } from "../../../host-config/persistent-runner/boot-script";
import { renderUserData } from "../../../host-config/persistent-runner/user-data";
import { USER_DATA_LIMIT_BYTES } from "../../../host-config/shared/user-data";
import { CONFIG } from "./fixtures";

describe("the user data of a persistent machine", () => {
  it("fits EC2's limit with the longest values that a configuration can have, and authorities", () => {
    const proxy = { http: `http://${"x".repeat(250)}:3128`, https: `http://${"x".repeat(250)}:3128`, noProxy: [".".padEnd(200, "x")] };
    const text = renderUserData({ ...CONFIG, name: "n".repeat(40), proxy, authorities: `${"A".repeat(64)}\n`.repeat(20) });
    assert.ok(Buffer.byteLength(text) < USER_DATA_LIMIT_BYTES, `${Buffer.byteLength(text)} bytes`);
  });

  it("passes shellcheck, and so does the boot script in it", () => {
    const odd = { ...CONFIG, proxy: { https: "http://it's:1", noProxy: [] }, authorities: "-----BEGIN CERTIFICATE-----\n" };
    for (const config of [CONFIG, odd]) {
      execFileSync("shellcheck", ["--shell=bash", "-"], { input: renderUserData(config) });
      execFileSync("shellcheck", ["--shell=bash", "-"], { input: bootScript(config) });
    }
  });

  it("arms the limit of the first boot before anything that could fail, and starts the boot last", () => {
    const lines = renderUserData(CONFIG).split("\n");
    const at = (start: string) => lines.findIndex((line) => line.startsWith(start));
    assert.ok(at("limit_first_boot ||") < at("mkdir"), "a full disk would leave the machine running");
    assert.equal(lines.at(-2), "systemctl start --no-block ci-runners-failsafe.timer ci-runners-boot.service");
  });

  it("limits the first boot by a command that is the same after a reload of systemd 252, which escapes semicolons", () => {
    const [, command] = renderUserData(CONFIG).match(/\/bin\/sh -c "([^\n]*)"\n/)!;
    assert.match(command!, /poweroff\.target .*poweroff -ff$/);
    assert.doesNotMatch(command!, /[;'"\\$]/);
  });

  it("writes no secret, and nothing that a later deployment changes", () => {
    const later = { ...CONFIG, cache: { mount: "/x", evict: [] }, packages: ["jq"], runnerArchive: undefined };
    assert.equal(renderUserData(later), renderUserData(CONFIG));
  });
});
