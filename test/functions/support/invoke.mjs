// Runs one function bundle as Lambda does: a new process with its environment handles one event after another.
// usage: node invoke.mjs BUNDLE, with a JSON array of events on standard input
// PRINT_RESULTS=1 prints each result as {"result": ...}.
// MINUTES_BETWEEN_EVENTS moves the clock before each further event.
// Node's own report of an error repeats the line that threw it: in a minified bundle hundreds of kB, which a full pipe cuts off
// before the message. Lambda's runtime reports the message and the stack.
process.on("uncaughtException", (error) => {
  console.error(error.stack);
  process.exit(1);
});
let input = "";
for await (const chunk of process.stdin) input += chunk;
const { handler } = await import(process.argv[2]);
const { now } = Date;
let offset = 0;
Date.now = () => now() + offset;
for (const event of JSON.parse(input)) {
  const result = await handler(event, { functionName: "test", awsRequestId: "00000000-0000-4000-8000-000000000000" });
  if (process.env.PRINT_RESULTS) console.log(JSON.stringify({ result }));
  offset += Number(process.env.MINUTES_BETWEEN_EVENTS ?? 0) * 60_000;
}
