// For `npm run check:quick`: the tests that need neither a machine nor an engine.
require("ts-node/register");
const { quickTests } = require("./test/support/quick-tests");

const config = require("./.mocharc.json");

module.exports = {
  ...config,
  require: [...config.require, "./test/support/no-machines.cjs"],
  reporter: "dot",
  // Tests of the runner stand-in wait for its timeouts, up to 30 s, and the CPU-bound ones use that time.
  parallel: true,
  jobs: 4,
  spec: quickTests(),
};
