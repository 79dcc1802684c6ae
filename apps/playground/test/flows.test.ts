// What a person does in the playground, in a real Chromium, on the built files.
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import type { Page } from "playwright";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type HubServer, startHub } from "../../../packages/weights/test/hub-server.ts";
import { checkpoint, finishedCaption, nextCaption, Playground, samples, shiftSum, type WatchedPage } from "./page.ts";

const firstCaption = "a light bulb to the left of a helicopter on a white background";

let playground: Playground;
let watched: WatchedPage;
let page: Page;

beforeAll(async () => {
  playground = await Playground.start();
  watched = await playground.open({ serviceWorkers: "block" });
  page = watched.page;
}, 60_000);

afterAll(async () => {
  await watched?.close();
  await playground?.stop();
});

// The first tests share one page, in this order, as a person would.

test("captions the first sample on opening, without any action", async () => {
  expect(await finishedCaption(page)).toBe(firstCaption);
  expect(await page.locator(".stage-picture img").getAttribute("alt")).toBe(firstCaption);
  expect(await page.locator(".caption [role=status]").textContent()).toBe(`Caption: ${firstCaption}`);
});

test("nothing shifts while the page opens and writes", async () => {
  const shifts = await watched.layoutShifts();
  expect(shiftSum(shifts), shifts.join("\n")).toBeLessThan(0.005);
});

test("answers questions in a thread, on the encoded picture", async () => {
  await page.fill("#question", "what is on the left?");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "what color is the background?" }).click();
  const answers = page.locator(".answer");
  await expect.poll(() => answers.locator(".words").allTextContents()).toEqual(["alightbulb", "white"]);
  await expect.poll(() => answers.last().locator(".meta").textContent()).toContain("picture not encoded again");
});

test("shows where the model looked for a word: by pointer, by keyboard, in words", async () => {
  const words = page.locator(".caption button.word");
  await words.nth(8).hover();
  await page.locator(".heat").waitFor();
  expect(await page.locator(".look-note").textContent()).toMatch(
    /^“helicopter”: mostly right\. \d+ % of the attention/,
  );
  await page.mouse.move(0, 0);
  await expect.poll(() => page.locator(".heat").count()).toBe(0);
  await words.first().focus();
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await expect.poll(() => page.locator(".look-note").textContent()).toMatch(/^“bulb”/);
  await page.keyboard.press("Escape");
  await expect.poll(() => page.locator(".heat").count()).toBe(0);
});

test("draws the tree of beams, the best text as a straight line", async () => {
  await page.click("#tab-beams");
  await page.getByRole("button", { name: "Grow the tree" }).click();
  const texts = page.locator(".beam-texts .beam-text");
  await expect.poll(() => texts.count()).toBe(4);
  expect(await texts.first().textContent()).toBe(firstCaption);
  const best = page.locator(".branch-best > text:not(.branch-score)");
  expect((await best.allTextContents()).join(" ")).toBe(firstCaption);
  const heights = await best.evaluateAll((all) => all.map((text) => text.getAttribute("y")));
  expect(new Set(heights).size).toBe(1);
  expect(await page.locator(".branch-dropped").count()).toBeGreaterThan(0);
});

test("measures every available backend, and says why the others are not", async () => {
  await page.click("#tab-bench");
  await page.getByRole("button", { name: "Run the bench" }).click();
  await page.getByRole("button", { name: "Run the bench" }).waitFor();
  const rows = await page.locator(".bench tbody tr").evaluateAll((all) =>
    all.map((row) => ({
      name: row.querySelector("th")?.textContent,
      phase: row.className,
      reason: row.querySelector("td.quiet")?.textContent,
      figures: Array.from(row.querySelectorAll("td:not(.bench-chart)"), (cell) => cell.textContent),
      total: row.querySelector(".bench-total")?.textContent,
      bars: Array.from(row.querySelectorAll("rect"), (bar) => [bar.x.baseVal.value, bar.width.baseVal.value] as const),
    })),
  );
  // The tests' browser has a GPU that the processor imitates, which is left out.
  const reason = "left out: no graphics card: imitated by the processor, slowly";
  expect(rows.map(({ name, phase, reason }) => [name, phase, reason])).toEqual([
    ["WebGPU fp32", "bench-skipped", reason],
    ["ONNX Runtime, WebGPU fp32", "bench-skipped", reason],
    ["ONNX Runtime, WebAssembly fp32", "bench-done", undefined],
    ["Reference fp32", "bench-done", undefined],
  ]);
  const done = rows.filter(({ phase }) => phase === "bench-done");
  const totals = done.map(({ total }) => milliseconds(total));
  const longest = Math.max(...totals);
  for (const [i, { figures, bars }] of done.entries()) {
    expect(figures).toHaveLength(4);
    for (const figure of figures) expect(milliseconds(figure)).toBeGreaterThanOrEqual(0);
    // Encoding first, the words after it; together as long as the figure beside them says.
    const [[start, encode] = [], [next, words] = []] = bars;
    expect(start).toBe(0);
    expect(encode).toBeGreaterThan(0);
    expect(words).toBeGreaterThan(0);
    expect(next).toBeCloseTo(encode ?? Number.NaN, 2);
    const share = ((encode ?? 0) + (words ?? 0)) / 200;
    expect(Math.abs(share - (totals[i] ?? Number.NaN) / longest)).toBeLessThan(0.05);
  }
}, 60_000);

test("shows where the time went, and the memory", async () => {
  await page.click("#tab-timing");
  const figure = (name: string) => page.locator(`.figure:has(dt:text-is("${name}")) .figure-value`);
  for (const name of ["Load", "Encode", "First word", "Per token"]) {
    expect(milliseconds(await figure(name).textContent()), name).toBeGreaterThan(0);
  }
  // The browser counts when it next collects garbage.
  await expect.poll(() => figure("Memory").textContent(), { timeout: 60_000 }).toMatch(/^\d+(?:\.\d)?\sMB$/);
  expect(Number.parseFloat((await figure("Memory").textContent()) ?? "")).toBeGreaterThan(8); // the weights alone
  const shares = await page.locator(".shares rect").evaluateAll((all) => all.map((bar) => bar.getAttribute("width")));
  expect(shares).toHaveLength(3);
  expect(shares.reduce((sum, width) => sum + Number(width), 0)).toBeCloseTo(1000 - 3 * shares.length, 0);
  const keys = await page.locator(".share-key").allTextContents();
  expect(keys.map((key) => key.trim().replace(/ \d+ %$/, ""))).toEqual(["encode", "first word", "other words"]);
}, 90_000);

test("switches backend and precision", async () => {
  await page.click("#tab-model");
  const choices = [
    ["ort-wasm", "fp32", "ONNX Runtime, WebAssembly"],
    ["webgpu", "fp16", "WebGPU"],
    ["reference", "int8", "Reference"],
  ] as const;
  for (const [backend, dtype, name] of choices) {
    await page.locator(`input[value=${backend}]`).check();
    await page.locator(`input[value=${dtype}]`).check();
    await page.locator(".model-button .dot-ready").waitFor();
    expect(await finishedCaption(page), `${backend} ${dtype}`).toBe(firstCaption);
    expect(await page.locator(".model-detail").textContent()).toBe(`${name}, ${dtype}`);
  }
  await page.getByText("Automatic").click();
  await page.locator("input[value=fp32]").check();
  expect(await finishedCaption(page)).toBe(firstCaption);
}, 120_000);

test("without a GPU both ways to WebGPU are greyed out, and say why", async () => {
  const other = await playground.open({
    serviceWorkers: "block",
    before: (fresh) => inWorkers(fresh, "navigator.gpu.constructor.prototype.requestAdapter = async () => null;"),
  });
  try {
    await finishedCaption(other.page);
    await other.page.click("#tab-model");
    for (const id of ["webgpu", "ort-webgpu"]) {
      const choice = other.page.locator(`.choice:has(input[value=${id}])`);
      // Until the backends have been looked at, all of them are greyed out without a reason.
      const reason = expect.poll(() => choice.locator(".choice-what").textContent(), { timeout: 20_000 });
      await reason.toMatch(/WebGPU (?:finds no GPU|has no adapter)/);
      expect(await choice.locator("input").isDisabled(), id).toBe(true);
    }
    for (const id of ["ort-wasm", "reference"]) await other.page.locator(`input[value=${id}]:enabled`).waitFor();
  } finally {
    await other.close();
  }
});

test("the automatic choice goes on to the next backend where one cannot be opened, and says so", async () => {
  const other = await playground.open({ serviceWorkers: "block" });
  try {
    await finishedCaption(other.page);
    await other.page.click("#tab-model");
    const automatic = other.page.locator(".choice", { hasText: "Automatic" }).locator(".choice-what");
    await other.page.locator("input[value=ort-wasm]:enabled").waitFor();
    // The runtime is there when the backends are looked at, and gone when it is wanted.
    await other.page.route(/ort-wasm-simd-threaded.*\.wasm$/, (route) => route.fulfill({ status: 404 }));
    await openFolder(other.page);
    await other.page.locator(".model-button", { hasText: "captions" }).waitFor();
    expect(await finishedCaption(other.page)).toBe(firstCaption);
    expect(await other.page.locator(".model-detail").textContent()).toBe("Reference, fp32");
    expect(await other.page.locator(".passed-over").textContent()).toBe(
      "ONNX Runtime, WebAssembly could not be used, so this runs on Reference. The tab Model says why.",
    );
    expect(await automatic.textContent()).toBe("now Reference");
    const passed = other.page.locator(".choice:has(input[value=ort-wasm])");
    expect(await passed.locator("input").isDisabled()).toBe(true);
    expect(await passed.locator(".choice-what").textContent()).toMatch(/^backend "ort-web-wasm": .*HTTP 404/);
  } finally {
    await other.close();
  }
});

test("a backend chosen by name that cannot be opened is greyed out, says why, and is back once it can", async () => {
  const other = await playground.open({ serviceWorkers: "block" });
  try {
    await finishedCaption(other.page);
    await other.page.click("#tab-model");
    const choice = other.page.locator(".choice:has(input[value=ort-wasm])");
    await other.page.locator("input[value=ort-wasm]:enabled").waitFor();
    const runtime = /ort-wasm-simd-threaded.*\.wasm$/;
    await other.page.route(runtime, (route) => route.fulfill({ status: 404 }));
    await choice.locator("input").check();
    await other.page.locator("input[value=ort-wasm]:disabled").waitFor();
    expect(await choice.locator(".choice-what").textContent()).toMatch(/^backend "ort-web-wasm": .*HTTP 404/);
    await other.page.unroute(runtime);
    await openFolder(other.page);
    await other.page.locator("input[value=ort-wasm]:enabled").waitFor();
    expect(await finishedCaption(other.page)).toBe(firstCaption);
    expect(await other.page.locator(".model-detail").textContent()).toBe("ONNX Runtime, WebAssembly, fp32");
  } finally {
    await other.close();
  }
});

test("refuses a file that is no picture in the library's words, and looks at the next one", async () => {
  await chooseFile(page, { name: "notes.png", mimeType: "image/png", buffer: Buffer.from("these are no pixels") });
  const notice = page.locator(".stage .notice-message");
  await notice.waitFor();
  expect(await notice.textContent()).toMatch(/^notes\.png: .+\./);
  const next = nextCaption(page);
  await chooseFile(page, `${samples}pictures/03.jpg`);
  expect(await next).toBe("a helicopter to the left of a hat on a purple background");
  expect(await notice.count()).toBe(0);
});

test("shows an empty stage when the picture is taken away, and takes a pasted and a dropped one", async () => {
  await page.getByRole("button", { name: /^Take .* away$/ }).click();
  await page.getByText("Drop a picture or a clip here").waitFor();
  expect(await page.locator(".caption").textContent()).toContain("A caption appears here.");
  const pasted = nextCaption(page);
  await handOver(page, "paste", `${samples}pictures/02.png`);
  expect(await pasted).toBe("a book on a white background");
  const dropped = nextCaption(page);
  await handOver(page, "drop", `${samples}pictures/04.png`);
  expect(await dropped).toBe("a unicorn on a gray background");
});

test("captions a clip with the checkpoint for clips, and shows each frame's part of the attention", async () => {
  const next = nextCaption(page);
  await page.getByRole("button", { name: "Sample clip 2" }).click();
  expect(await next).toBe("a tent moving down on a white background");
  await page.locator(".model-name", { hasText: "Demo checkpoint for clips" }).waitFor();
  await page.locator(".caption button.word").nth(1).hover();
  await page.locator(".stage-clip-frame .heat").nth(5).waitFor();
  await page.fill("#question", "what is the tent doing?");
  await page.keyboard.press("Enter");
  await page.locator(".answer button.word").first().waitFor();
  expect(await page.locator(".answer .words").textContent()).toBe("movingdown");
  const picture = nextCaption(page);
  await page.getByRole("button", { name: "Sample picture 2" }).click();
  expect(await picture).toBe("a book on a white background");
}, 60_000);

test("looks through the webcam", async () => {
  await page.getByRole("button", { name: "Webcam" }).click();
  await page.getByRole("button", { name: "Take picture" }).waitFor();
  await page.waitForFunction(() => (document.querySelector<HTMLVideoElement>(".stage video")?.videoWidth ?? 0) > 0);
  const next = nextCaption(page);
  await page.getByRole("button", { name: "Take picture" }).click();
  expect(await next).not.toBe("");
  expect(await page.locator(".stage video").count()).toBe(0);
});

test("a sample closes the webcam, which captioned one picture after the other, and is seen", async () => {
  await page.getByRole("button", { name: "Webcam", exact: true }).click();
  await page.waitForFunction(() => (document.querySelector<HTMLVideoElement>(".stage video")?.videoWidth ?? 0) > 0);
  await page.getByRole("button", { name: "Caption live" }).click();
  await page.locator(".caption .word").first().waitFor();
  const next = nextCaption(page);
  await page.getByRole("button", { name: "Sample picture 3" }).click();
  expect(await next).toBe("a helicopter to the left of a hat on a purple background");
  expect(await page.locator(".stage video").count()).toBe(0);
});

test("captions the webcam as a clip, frame after frame, and goes back to pictures", async () => {
  await page.getByRole("button", { name: "Webcam", exact: true }).click();
  const live = page.getByRole("button", { name: "As a clip" });
  await page.waitForFunction(() => (document.querySelector<HTMLVideoElement>(".stage video")?.videoWidth ?? 0) > 0);
  await live.click();
  await page.getByText("about the last 3 frames of the webcam").waitFor();
  expect(await page.locator(".caption .words").textContent()).not.toBe("");
  expect(await live.getAttribute("aria-pressed")).toBe("true");
  await live.click();
  await page.getByText("A caption appears here.").waitFor();
  await page.getByRole("button", { name: "Close" }).click();
  const next = nextCaption(page);
  await page.getByRole("button", { name: "Sample picture 2" }).click();
  expect(await next).toBe("a book on a white background");
  await page.locator(".model-name", { hasText: /^Demo checkpoint$/ }).waitFor();
}, 60_000);

test("moves through the tabs with the arrow keys", async () => {
  await page.click("#tab-bench");
  await page.keyboard.press("ArrowRight");
  expect(await page.locator("#tab-model").getAttribute("aria-selected")).toBe("true");
  expect(await page.locator("#panel-model").isVisible()).toBe(true);
  await page.keyboard.press("ArrowLeft");
  expect(await page.locator("#panel-bench").isVisible()).toBe(true);
});

test("all of this broke no rule of the content security policy and threw nothing", () => {
  expect(watched.complaints).toEqual([]);
});

test("a load can be cancelled, and begun again", async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const other = await playground.open({
    serviceWorkers: "block",
    before: async (fresh) => {
      await fresh.route("**/*.safetensors", async (route) => {
        await held;
        // A route of a page that gave up on it cannot be continued.
        await route.continue().catch(() => undefined);
      });
    },
  });
  try {
    await other.page.getByText("Loading Demo checkpoint").waitFor();
    await other.page.getByRole("button", { name: "Cancel" }).click();
    await other.page.getByText("No model is loaded.").waitFor();
    release();
    await other.page.getByRole("button", { name: "Load Demo checkpoint" }).click();
    expect(await finishedCaption(other.page)).toBe(firstCaption);
    expect(other.complaints).toEqual([]);
  } finally {
    await other.close();
  }
});

test("works offline once it was visited", async () => {
  const other = await playground.open();
  try {
    await finishedCaption(other.page);
    await other.page.waitForFunction(async () => (await navigator.serviceWorker.ready).active?.state === "activated");
    await other.page.context().setOffline(true);
    await other.page.reload();
    expect(await finishedCaption(other.page)).toBe(firstCaption);
    expect(other.complaints).toEqual([]);
  } finally {
    await other.close();
  }
});

test("works without COOP and COEP, and says what that costs", async () => {
  const other = await playground.open({ plain: true, serviceWorkers: "block" });
  try {
    expect(await finishedCaption(other.page)).toBe(firstCaption);
    await other.page.getByText("without the headers COOP and COEP").waitFor();
    await page.click("#tab-timing");
    await page.getByText("This page is cross-origin isolated").waitFor();
  } finally {
    await other.close();
  }
});

test("a shared link brings the settings and no picture, and downloads nothing unasked", async () => {
  const fragment = "#model=microsoft/git-base-coco&backend=reference&beams=6";
  const requests: string[] = [];
  const other = await playground.open({
    fragment,
    serviceWorkers: "block",
    permissions: ["clipboard-read", "clipboard-write"],
    before: async (fresh) => {
      fresh.on("request", (request) => requests.push(request.url()));
    },
  });
  try {
    await other.page.getByRole("button", { name: "Load microsoft/git-base-coco" }).waitFor();
    await other.page.click("#tab-model");
    expect(await other.page.locator("#hub-id").inputValue()).toBe("microsoft/git-base-coco");
    expect(await other.page.locator("input[value=reference]").isChecked()).toBe(true);
    await other.page.getByRole("button", { name: "Share" }).click();
    await other.page.getByRole("button", { name: "Copied" }).waitFor();
    const link = await other.page.evaluate(() => navigator.clipboard.readText());
    expect(new URL(link).hash).toBe(fragment);
    expect(requests.filter((url) => !new URL(url).hostname.match(/^localhost$/) && !url.startsWith("blob:"))).toEqual(
      [],
    );
  } finally {
    await other.close();
  }
});

test("loads a checkpoint of the Hub, a bar for each file, and keeps it", async () => {
  const hub = await startHub({ "someone/git-small": { revisions: { main: await demoCheckpoint() } } });
  const other = await playground.open({
    serviceWorkers: "block",
    before: (fresh) => answerAsHub(fresh, hub),
  });
  try {
    await finishedCaption(other.page);
    await other.page.click("#tab-model");
    await other.page.fill("#hub-id", "someone/git-small");
    await other.page.getByRole("button", { name: "Load", exact: true }).click();
    await other.page.locator(".progress-name", { hasText: "model.safetensors" }).waitFor();
    await other.page.locator(".model-button", { hasText: "someone/git-small" }).waitFor();
    expect(await finishedCaption(other.page)).toBe(firstCaption);
    const downloads = hub.downloads().length;
    await other.page.fill("#hub-id", "someone/git-none");
    await other.page.getByRole("button", { name: "Load", exact: true }).click();
    const notice = other.page.locator(".caption .notice-message");
    await notice.waitFor();
    expect(await notice.textContent()).toMatch(/^someone\/git-none.*: .+\./);
    await other.page.fill("#hub-id", "someone/git-small");
    await other.page.getByRole("button", { name: "Load", exact: true }).click();
    expect(await finishedCaption(other.page)).toBe(firstCaption);
    expect(hub.downloads().length).toBe(downloads);
    expect(other.complaints).toEqual([]);
  } finally {
    await other.close();
    await hub.close();
  }
}, 120_000);

test("loads a folder of the person's disk", async () => {
  const other = await playground.open({ serviceWorkers: "block" });
  try {
    await finishedCaption(other.page);
    await other.page.click("#tab-model");
    await openFolder(other.page);
    await other.page.locator(".model-button", { hasText: "captions" }).waitFor();
    expect(await finishedCaption(other.page)).toBe(firstCaption);
  } finally {
    await other.close();
  }
});

/** The files of the bundled checkpoint by name. */
async function demoCheckpoint(): Promise<Record<string, Uint8Array>> {
  const names = await readdir(checkpoint);
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(path.join(checkpoint, name))])),
  );
}

/** Runs code in the page's workers before their own. */
async function inWorkers(page: Page, code: string): Promise<void> {
  await page.route("**/worker-*.js", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${code}${await response.text()}` });
  });
}

/** Sends what a page asks of the Hub to a server of the tests. */
async function answerAsHub(page: Page, { endpoint }: HubServer): Promise<void> {
  await page.route("https://huggingface.co/**", async (route) => {
    const { pathname, search } = new URL(route.request().url());
    await route.fulfill({ response: await route.fetch({ url: `${endpoint}${pathname}${search}` }) });
  });
}

/** What a duration on the page is in milliseconds. */
function milliseconds(text: string | null | undefined): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)\s(ms|s)$/.exec(text ?? "") ?? [];
  return Number(amount) * (unit === "s" ? 1000 : 1);
}

/** Opens the demo checkpoint as a folder of the person's disk. */
async function openFolder(on: Page): Promise<void> {
  const dialog = on.waitForEvent("filechooser");
  await on.getByRole("button", { name: "Open a local folder" }).click();
  await (await dialog).setFiles(checkpoint);
}

/** Answers the file dialog that "Choose file" opens. */
async function chooseFile(on: Page, file: string | { name: string; mimeType: string; buffer: Buffer }): Promise<void> {
  const dialog = on.waitForEvent("filechooser");
  await on.getByRole("button", { name: "Choose file" }).click();
  await (await dialog).setFiles(file);
}

/** Pastes or drops a file, as the browser would hand it over. */
async function handOver(on: Page, kind: "paste" | "drop", file: string): Promise<void> {
  const bytes = (await readFile(file)).toString("base64");
  await on.evaluate(
    async ([type, base64]) => {
      const data = new DataTransfer();
      data.items.add(
        new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], "given.png", { type: "image/png" }),
      );
      const event =
        type === "paste"
          ? new ClipboardEvent("paste", { clipboardData: data, bubbles: true })
          : new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
      document.body.dispatchEvent(event);
    },
    [kind, bytes] as const,
  );
}
