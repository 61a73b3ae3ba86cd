import { spawn } from "node:child_process";

/** Serves the files of a folder to whoever presents the password, and replies 401 to others, as GitHub does for a private repository. */
const SERVER = `
const { createServer } = require("node:http");
const { existsSync, readFileSync, statSync } = require("node:fs");
const [folder, password] = process.argv.slice(1);
createServer((request, response) => {
  const given = Buffer.from((request.headers.authorization ?? "").replace(/^Basic /, ""), "base64").toString().split(":")[1];
  if (given !== password) return response.writeHead(401, { "www-authenticate": 'Basic realm="GitHub"' }).end();
  const file = folder + new URL(request.url, "http://host").pathname;
  if (!existsSync(file) || !statSync(file).isFile()) return response.writeHead(404).end();
  response.end(readFileSync(file));
}).listen(0, "127.0.0.1", function () { console.log(this.address().port); });
`;

/** A separate process, because the scripts run synchronously. Git's dumb protocol needs no more than files. */
export async function servePrivately(folder: string, password: string): Promise<{ url: string; close(): void }> {
  const child = spawn(process.execPath, ["-e", SERVER, folder, password], { stdio: ["ignore", "pipe", "inherit"] });
  const port = await new Promise<string>((resolve, reject) => {
    child.stdout.once("data", (data) => resolve(String(data).trim()));
    child.once("error", reject).once("exit", (code) => reject(new Error(`the server ended with exit code ${code}`)));
  });
  return { url: `http://127.0.0.1:${port}`, close: () => void child.kill() };
}
