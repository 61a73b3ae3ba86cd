import assert from "node:assert/strict";
import { githubWebUrl } from "../../../components/shared/github-address";

describe("the URL at which runners register", () => {
  for (const [api, web] of [
    ["https://api.github.com", "https://github.com"],
    ["https://ghe.example.com/api/v3", "https://ghe.example.com"],
    ["https://ghe.example.com:8443/api/v3/", "https://ghe.example.com:8443"],
    ["https://api.octo.ghe.com", "https://octo.ghe.com"],
  ] as const) {
    it(`is ${web} for ${api}`, () => assert.equal(githubWebUrl(api), web));
  }

  for (const api of [
    "http://ghe.example.com/api/v3",
    "https://ghe.example.com",
    "https://user@ghe.example.com/api/v3",
    "https://api.github.com/x",
    "ghe",
  ]) {
    it(`is undefined, not guessed, for ${api}`, () => assert.equal(githubWebUrl(api), undefined));
  }
});
