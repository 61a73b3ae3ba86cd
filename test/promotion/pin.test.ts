import assert from "node:assert/strict";
import { load } from "js-yaml";
import fc from "fast-check";
import { isOlder, isReleaseTag, readPin, replacePin } from "../../promotion/pin";

const FILE = "Pulumi.prod.yaml";

describe("the pin of a stack", () => {
  it("is main where the key is missing, which is the default in Pulumi.yaml", () => {
    assert.equal(readPin("config:\n  aws:region: x\n", FILE), "main");
    assert.equal(readPin("", FILE), "main");
    assert.equal(readPin("config:\n", FILE), "main");
  });

  for (const pin of [
    "1.2.3",
    "v1.2",
    "v1.2.3+build",
    "latest",
    "v01.2.3",
    "v1.2.3-01",
    "-v1.2.3",
    "3",
    "[v1.2.3]",
    "$(id)",
    '""',
    "v1.2.3 v1.2.4",
  ]) {
    it(`refuses ${pin}, and names the file, the key and a valid value`, () => {
      assert.throws(
        () => readPin(`config:\n  ci-runners:release: ${pin}\n`, FILE),
        /Pulumi\.prod\.yaml: ci-runners:release is .*like v1\.2\.3/,
      );
    });
  }

  it("refuses text that is not a stack configuration", () => {
    assert.throws(() => readPin("config: [a]\n", FILE), /give a mapping/);
    assert.throws(() => readPin("config:\n  a: 1\n  a: 2\n", FILE), /is not YAML/);
  });

  it("is replaced in one place, and every other byte stays", () => {
    const around = (pin: string) =>
      `# Prod.\nconfig:\n  a:b: "1"   # one\n  ci-runners:release:   ${pin}   # since May\n\n  c:d: [x,  y]\n`;
    assert.equal(replacePin(around('"v1.2.3"'), FILE, "v2.0.0"), around("v2.0.0"));
    assert.equal(replacePin(around("'v1.2.3'"), FILE, "v2.0.0-rc.1"), around("v2.0.0-rc.1"));
    assert.equal(replacePin(around("main").replaceAll("\n", "\r\n"), FILE, "v2.0.0"), around("v2.0.0").replaceAll("\n", "\r\n"));
  });

  it("is added below config: with the indentation of its neighbours", () => {
    const text = "# Head.\nconfig: # all of it\n    # first\n    a:b: 1\n";
    assert.equal(
      replacePin(text, FILE, "v1.0.0"),
      "# Head.\nconfig: # all of it\n    ci-runners:release: v1.0.0\n    # first\n    a:b: 1\n",
    );
    assert.equal(replacePin("config:\n", FILE, "v1.0.0"), "config:\n  ci-runners:release: v1.0.0\n");
  });

  it("is not confused with a line of a block scalar that looks like it", () => {
    const text = "config:\n  a:note: |\n    ci-runners:release: v9.9.9\n  ci-runners:release: v1.0.0\n";
    assert.equal(replacePin(text, FILE, "v1.1.0"), text.replace("v1.0.0", "v1.1.0"));
    const without = "config:\n  a:note: |\n    ci-runners:release: v9.9.9\n";
    assert.equal(readPin(replacePin(without, FILE, "v1.1.0"), FILE), "v1.1.0");
  });

  it("refuses a layout that one line cannot change", () => {
    assert.throws(() => replacePin("config: {ci-runners:release: v1.0.0}\n", FILE, "v1.1.0"), /cannot be set to v1\.1\.0 in one line/);
  });

  it("is replaced without any other change, whatever the file contains", () => {
    const value = fc.oneof(fc.integer(), fc.boolean(), fc.string(), fc.constantFrom("ci-runners:release: v0.0.1", "config:"));
    const keys = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}:[a-z]{1,8}$/), value, { maxKeys: 6 });
    fc.assert(
      fc.property(keys, fc.constantFrom("v1.0.0", undefined), fc.nat(5), (others, pin, at) => {
        const lines = Object.entries(others).map(([key, one]) => `  ${key}: ${JSON.stringify(one)} # kept`);
        if (pin) lines.splice(at, 0, `  ci-runners:release: ${pin} # kept`);
        const text = ["config:", ...lines, ""].join("\n");
        const after = replacePin(text, FILE, "v2.0.0");
        assert.deepEqual(load(after), { config: { ...others, "ci-runners:release": "v2.0.0" } });
        const kept = (of: string) => of.split("\n").filter((line) => !/^ {2}ci-runners:release/.test(line));
        assert.deepEqual(kept(after), kept(text));
      }),
    );
  });
});

describe("release tags", () => {
  it("are compared by semantic version, not alphabetically", () => {
    assert.ok(isOlder("v0.9.0", "v0.10.0"));
    assert.ok(isOlder("v1.0.0-rc.2", "v1.0.0-rc.10"));
    assert.ok(isOlder("v1.0.0-rc.10", "v1.0.0"));
  });

  it("never contain characters that are special to git or a shell", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((end) => `v1.2.3${end}`),
        ),
        (text) => !isReleaseTag(text) || /^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$/.test(text),
      ),
    );
  });
});
