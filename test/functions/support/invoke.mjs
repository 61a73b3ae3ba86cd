// Runs one function bundle the way Lambda does: a fresh process, its environment, one event after the other.
// usage: node invoke.mjs BUNDLE, with a JSON array of events on standard input
let input = "";
for await (const chunk of process.stdin) input += chunk;
const { handler } = await import(process.argv[2]);
for (const event of JSON.parse(input)) {
  await handler(event, { functionName: "test", awsRequestId: "00000000-0000-4000-8000-000000000000" });
}
