/**
 * The web URL, which people and runners use, derived from the URL of the REST API: `https://api.github.com` serves
 * `https://github.com`, `https://api.NAME.ghe.com` serves `https://NAME.ghe.com` (data residency), and
 * `https://HOST/api/v3` serves `https://HOST` (Enterprise Server). Undefined for any other URL.
 */
export function githubWebUrl(apiUrl: string): string | undefined {
  const url = parse(apiUrl);
  if (!url || url.protocol !== "https:" || url.search || url.hash || url.username) return undefined;
  const path = url.pathname.replace(/\/+$/, "");
  if (path === "/api/v3") return `https://${url.host}`;
  if (path !== "") return undefined;
  if (url.host === "api.github.com") return "https://github.com";
  if (/^api\.[a-z0-9-]+\.ghe\.com$/.test(url.host)) return `https://${url.host.slice("api.".length)}`;
  return undefined;
}

function parse(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
