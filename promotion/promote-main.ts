import { runCommand } from "./run-cli";
import { promote } from "./promote";

runCommand(() => promote(process.argv.slice(2), { dir: process.cwd(), now: () => Date.now(), say: (text) => console.log(text) }));
