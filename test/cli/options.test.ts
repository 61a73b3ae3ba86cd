import assert from "node:assert/strict";
import { commandLine, onOrOff, oneOf, option, text, toggle, UsageError, wholeNumber } from "../../cli/options";

describe("a command line", () => {
  const command = commandLine("npm run brew", "Makes coffee.", {
    cups: option({ metavar: "N", help: "how many, 1 or more", parse: wholeNumber(1), default: "2" }),
    kind: option({ metavar: "KIND", help: "filter: slow;\nespresso: fast", parse: oneOf("filter", "espresso"), default: "filter" }),
    milk: option({ metavar: "on|off", help: "in each cup", parse: onOrOff, default: "off" }),
    name: option({ metavar: "TEXT", help: "who it is for", parse: text, shown: "you" }),
    keep: toggle("keep the pot warm"),
  });

  it("parses each given flag and returns the default, if any, for the others", () => {
    assert.deepEqual(command.parse([]), { cups: 2, kind: "filter", milk: false, name: undefined, keep: false });
    assert.deepEqual(command.parse(["--cups", "3", "--kind=espresso", "--milk", "on", "--name", "Ada", "--keep"]), {
      cups: 3,
      kind: "espresso",
      milk: true,
      name: "Ada",
      keep: true,
    });
  });

  it("shows every flag in its help, with its value, description and default", () => {
    const lines = command.help.split("\n");
    assert.deepEqual(lines.slice(0, 3), ["Usage: npm run brew -- [options]", "", "Makes coffee."]);
    assert.match(command.help, /^ {2}--cups N {7}how many, 1 or more +\(2\)$/m);
    assert.match(command.help, /^ {2}--kind KIND {4}filter: slow;\n {17}espresso: fast +\(filter\)$/m);
    assert.match(command.help, /^ {2}--name TEXT {4}who it is for +\(you\)$/m);
    assert.match(command.help, /^ {2}--keep {9}keep the pot warm$/m);
    assert.match(command.help, /^ {2}--help {9}show this help$/m);
    assert.ok(lines.every((line) => line.length <= 96));
  });

  it("shows each usage form of a command whose flags belong together", () => {
    const { help } = commandLine(
      "npm run brew",
      "Makes coffee.",
      { now: toggle("at once"), at: option({ metavar: "TIME", help: "then", parse: text }) },
      ["--now", "--at TIME"],
    );
    assert.deepEqual(help.split("\n").slice(0, 3), ["Usage: npm run brew -- --now", "       npm run brew -- --at TIME", ""]);
  });

  it("does not validate the other flags when help is requested", () => {
    assert.equal(command.parse(["--cups", "none", "--help"]), undefined);
  });

  const wrong: [string[], RegExp][] = [
    [["--cups", "0"], /^--cups 0: give a whole number of at least 1$/],
    [["--cups", "1e3"], /^--cups 1e3: give a whole number/],
    [["--kind", "tea"], /^--kind tea: give filter or espresso$/],
    [["--milk", "yes"], /^--milk yes: give on or off$/],
    [["--sugar"], /--sugar.*\n.*npm run brew -- --help/s],
    [["--name"], /--name.*\n.*npm run brew -- --help/s],
    [["--keep=no"], /--keep/],
    [["extra"], /extra.*\n.*npm run brew -- --help/s],
  ];
  for (const [argv, message] of wrong) {
    it(`rejects ${argv.join(" ")} and names the flag, the value and what is allowed`, () => {
      assert.throws(
        () => command.parse(argv),
        (error) => error instanceof UsageError && message.test(error.message),
      );
    });
  }
});
