// Runs one function bundle as Lambda does: a new process with its environment handles one event after another.
// usage: node invoke.mjs BUNDLE, with a JSON array of events on standard input
// MINUTES_BETWEEN_EVENTS moves the clock before each further event.
let input = "";
for await (const chunk of process.stdin) input += chunk;
const { handler } = await import(process.argv[2]);
const { now } = Date;
let offset = 0;
Date.now = () => now() + offset;
for (const event of JSON.parse(input)) {
  await handler(event, { functionName: "test", awsRequestId: "00000000-0000-4000-8000-000000000000" });
  offset += Number(process.env.MINUTES_BETWEEN_EVENTS ?? 0) * 60_000;
}
