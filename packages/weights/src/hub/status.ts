// What the Hub's refusals mean, and what a reader can do about each.
import { GlimpseError } from "@glimpsejs/base";
import { discard, type Network } from "./transport.ts";

/** Throws the error that a status outside 200 to 299 stands for: "missing-file" or "download". */
export function checkStatus(network: Network, response: Response, id: string, subject: string): void {
  if (response.ok) return;
  const { status, headers } = response;
  const kind = headers.get("x-error-code");
  void discard(response);
  const got = `HTTP ${status}${kind === null ? "" : `, ${kind}`}`;
  const token =
    network.token === undefined
      ? `Set ${network.words.token} to a token that may read it.`
      : `The token that was sent may not read it: check ${network.words.token}.`;
  const missing = (problem: string, advice: string): never => {
    throw new GlimpseError({ subject, problem, got, advice }, { code: "missing-file" });
  };
  const refused = (problem: string, advice: string): never => {
    throw new GlimpseError({ subject, problem, got, advice }, { code: "download" });
  };
  if (kind === "RevisionNotFound")
    missing("there is no such revision", `See the branches at ${network.endpoint}/${id}.`);
  // Without a valid token, the Hub answers 401 for repositories that are private and for those that do not exist.
  if (kind === "RepoNotFound" || (status === 404 && kind === null)) {
    missing("there is no such repository, or it is private", `Check the id. ${token}`);
  }
  if (status === 404) missing("it does not exist on the Hub", `See the files at ${network.endpoint}/${id}.`);
  if (kind === "GatedRepo") {
    refused("access is granted on request only", `Ask for it at ${network.endpoint}/${id}. ${token}`);
  }
  if (status === 401 || status === 403) refused("access is refused", token);
  refused("the server refuses the request", `Try again later, or check ${network.words.endpoint}.`);
}
