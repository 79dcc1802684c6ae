// Real pages with a content security policy, with and without leave to compile WebAssembly.
import { expect, test } from "vitest";
import type { PolicyReport } from "../../test/policy-page.ts";

/** Opens a page with a policy, and what its script reports. */
async function reportUnder(policy: string): Promise<PolicyReport> {
  const frame = document.createElement("iframe");
  const report = new Promise<PolicyReport>((resolve, reject) => {
    addEventListener("message", function take({ source, data }) {
      if (source !== frame.contentWindow) return;
      removeEventListener("message", take);
      if (typeof data === "string") reject(new Error(data));
      else resolve(data);
    });
  });
  frame.srcdoc = `<!doctype html><meta http-equiv="Content-Security-Policy" content="${policy}">
    <script type="module" src="${new URL("../../test/policy-page.ts", import.meta.url).pathname}"></script>`;
  document.body.append(frame);
  try {
    return await report;
  } finally {
    frame.remove();
  }
}

const rest = "default-src 'none'; connect-src 'self'; img-src 'self' blob:; worker-src 'self'";

test("F35: without 'wasm-unsafe-eval' WebAssembly is refused with what to add, and load() goes on to the next", async () => {
  const { refusal, backend, passedOver, caption } = await reportUnder(`${rest}; script-src 'self'`);
  const advice = "Add 'wasm-unsafe-eval' to script-src in its Content-Security-Policy.";
  expect(refusal?.code).toBe("backend-unavailable");
  expect(refusal?.message).toMatch(/^backend "ort-web-wasm": the page may not compile WebAssembly, got .*violates/);
  expect(refusal?.message).toContain(advice);
  expect(backend).toBe("reference");
  expect(passedOver[1]).toBe(refusal?.message);
  expect(caption).toBe("a book on a white background");
});

test("F35: with it, it runs", async () => {
  const report = await reportUnder(`${rest}; script-src 'self' 'wasm-unsafe-eval'`);
  expect(report).toMatchObject({ backend: "ort-web-wasm", caption: "a book on a white background" });
  expect(report.refusal).toBeUndefined();
});
