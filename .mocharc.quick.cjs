// For `npm run check:quick`: the tests that need neither a machine nor an engine; with QUICK_LANE, one of their two lanes.
require("ts-node/register");
const { quickLanes, quickTests } = require("./test/support/quick-tests");

const config = require("./.mocharc.json");
const lane = process.env.QUICK_LANE;

module.exports = {
  ...config,
  require: [...config.require, "./test/support/no-machines.cjs"],
  reporter: "dot",
  parallel: true,
  // For two cores: the tests that wait, for up to 30 s each, leave them to the ones that compute.
  jobs: { waiting: 6, computing: 2 }[lane] ?? 4,
  spec: lane === undefined ? quickTests() : quickLanes()[lane],
};
