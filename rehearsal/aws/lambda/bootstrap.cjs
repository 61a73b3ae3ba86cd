// Runs inside a function's process: loads its handler and serves the invocations that arrive over the IPC channel.
"use strict";
const { pathToFileURL } = require("node:url");
const path = require("node:path");

const { LAMBDA_TASK_ROOT: root, _HANDLER: handlerName } = process.env;
const dot = handlerName.lastIndexOf(".");
const [file, name] = [handlerName.slice(0, dot), handlerName.slice(dot + 1)];
const RealDate = Date;
let offset = 0;

// The rehearsal may run on a virtual clock. Functions must use the same time as the services that they call, or the
// services would reject their signatures as years old.
globalThis.Date = class extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(RealDate.now() + offset);
    else super(...args);
  }
  static now() {
    return RealDate.now() + offset;
  }
};

const describe = (error) => ({
  errorType: error?.name ?? "Error",
  errorMessage: error?.message ?? String(error),
  trace: String(error?.stack ?? error).split("\n"),
});

async function load() {
  for (const extension of ["mjs", "js", "cjs"]) {
    try {
      require("node:fs").accessSync(path.join(root, `${file}.${extension}`));
    } catch {
      continue;
    }
    const module = await import(pathToFileURL(path.join(root, `${file}.${extension}`)).href);
    const handler = module[name] ?? module.default?.[name];
    if (typeof handler !== "function") throw new Error(`${handlerName} is undefined or not exported`);
    return handler;
  }
  throw new Error(`Cannot find module '${file}' in ${root}`);
}

async function answer(handler, { id, event, context, deadline, now }) {
  offset = now - RealDate.now();
  process.env._X_AMZN_TRACE_ID = `Root=1-${Math.floor(now / 1000).toString(16)}-${id.replaceAll("-", "").slice(0, 24)};Sampled=0`;
  try {
    const result = await handler(event, {
      ...context,
      awsRequestId: id,
      callbackWaitsForEmptyEventLoop: true,
      getRemainingTimeInMillis: () => Math.max(0, deadline - RealDate.now()),
    });
    return { id, result: result === undefined ? null : result };
  } catch (error) {
    return { id, error: describe(error) };
  }
}

process.on("disconnect", () => process.exit(0));
// As in Lambda, an unhandled rejection terminates the process and fails the invocation.
process.on("unhandledRejection", (reason) => {
  process.stderr.write(`${JSON.stringify({ errorType: "Runtime.UnhandledPromiseRejection", ...describe(reason) })}\n`);
  process.exit(128);
});

load().then(
  (handler) => {
    process.on("message", async (invocation) => {
      const reply = await answer(handler, invocation);
      // Marks the end of the handler's output in the pipe.
      process.stdout.write(`\n\u0000end ${invocation.id}\n`);
      process.send(reply);
    });
    process.send({ ready: true });
  },
  (error) => process.send({ failed: describe(error) }),
);
