import assert from "node:assert/strict";
import { dockerNeeds } from "../../../../host-config/shared/docker/needs";
import type { PackageFacts } from "../../../../host-config/shared/packages/facts";

function machine(manager: PackageFacts["manager"], programs: string[] = [], offered: string[] = [], files: string[] = []): PackageFacts {
  return {
    manager,
    hasCommand: (name) => programs.includes(name),
    hasFile: (path) => files.includes(path),
    offers: (name) => offered.includes(name),
  };
}

const TOOLS = ["rootlesskit", "newuidmap", "slirp4netns", "nft"];

describe("what Docker lacks on a machine", () => {
  it("is nothing where no job has it", () => {
    assert.deepEqual(dockerNeeds({}, machine("apt")), []);
    assert.deepEqual(dockerNeeds({}, machine(undefined)), []);
  });

  it("is the distribution's packages on a plain image of Debian, Ubuntu or Amazon Linux", () => {
    assert.deepEqual(dockerNeeds({ docker: "root" }, machine("apt")), ["docker.io"]);
    assert.deepEqual(dockerNeeds({ docker: "root" }, machine("dnf")), ["docker"]);
    const rootless = ["docker.io", "rootlesskit", "uidmap", "slirp4netns", "nftables"];
    assert.deepEqual(dockerNeeds({ docker: "rootless" }, machine("apt")), rootless);
  });

  it("includes the client where the archive has it apart, or no job could start a container", () => {
    assert.deepEqual(dockerNeeds({ docker: "root" }, machine("apt", [], ["docker-cli"])), ["docker.io", "docker-cli"]);
    assert.deepEqual(dockerNeeds({ docker: "root" }, machine("apt", ["dockerd"], ["docker-cli"])), ["docker-cli"]);
  });

  it("is only what the image has not, so that an engine of another publisher is not replaced", () => {
    const own = machine("apt", ["dockerd", "docker", "newuidmap", "nft"]);
    assert.deepEqual(dockerNeeds({ docker: "rootless" }, own), ["rootlesskit", "slirp4netns"]);
    assert.deepEqual(dockerNeeds({ docker: "rootless" }, machine("apt", ["dockerd", "docker", ...TOOLS])), []);
  });

  it("is no script of Docker's, which only some packages have: the archive of Ubuntu has none, and that of Docker excludes Debian's tools", () => {
    const withoutExtras = dockerNeeds({ docker: "rootless" }, machine("apt", ["dockerd", "docker"]));
    assert.deepEqual(withoutExtras, ["rootlesskit", "uidmap", "slirp4netns", "nftables"]);
  });

  it("is nothing where an engine that is no package already serves, such as a snap", () => {
    assert.deepEqual(dockerNeeds({ docker: "root" }, machine("apt", ["docker"], [], ["/run/docker.sock"])), []);
    // A snap's client is in no folder of root's PATH, and its engine may not serve yet.
    assert.deepEqual(dockerNeeds({ docker: "root" }, machine("apt", [], [], ["/snap/bin/docker"])), []);
    const rootless = dockerNeeds({ docker: "rootless" }, machine("apt", TOOLS, [], ["/snap/bin/docker", "/run/docker.sock"]));
    assert.deepEqual(rootless, ["docker.io"], "the engine needs programs of its own");
  });

  it("is named where no archive is known to have it, because the launch ends there", () => {
    assert.throws(
      () => dockerNeeds({ docker: "rootless" }, machine("dnf", ["dockerd", "docker", "nft"])),
      /^Error: docker: this image lacks rootlesskit, newuidmap, slirp4netns, which its archive is not known to have: put it onto the image$/,
    );
    assert.throws(
      () => dockerNeeds({ docker: "root" }, machine(undefined, ["docker"])),
      /^Error: docker: this image has neither apt-get nor dnf and lacks dockerd: put it onto the image$/,
    );
    const complete = machine(undefined, ["dockerd", "docker", ...TOOLS]);
    assert.deepEqual(dockerNeeds({ docker: "rootless" }, complete), []);
  });
});
