// The caption on the first page: computed in a worker, from when the page stands and has nothing else to do. What is shown
// are small copies; what is captioned are the sample pictures themselves.

/** What "glimpsejs" is in a browser; the types of this workspace are resolved as in Node. */
type InBrowsers = typeof import("../../../packages/glimpsejs/src/web/index.ts");

/** Captions the picture that is shown, and those that are chosen. */
export async function live(): Promise<void> {
  const picture = document.querySelector<HTMLImageElement>("#live-picture");
  const caption = document.querySelector<HTMLElement>("#live-caption");
  if (picture === null || caption === null) return;
  await quiet();
  const { loadInWorker } = (await import("glimpsejs")) as unknown as InBrowsers;
  const loading = loadInWorker();
  let current = 0;

  async function describe(source: string, shown: string): Promise<void> {
    const mine = ++current;
    if (picture === null || caption === null) return;
    picture.src = shown;
    caption.textContent = "…";
    try {
      const git = await loading;
      let text = "";
      for await (const piece of git.stream(new URL(source, document.baseURI))) {
        if (mine !== current) return;
        text += piece;
        caption.textContent = text;
      }
      picture.alt = text;
    } catch (error) {
      caption.textContent = error instanceof Error ? error.message : String(error);
    }
  }

  for (const choice of document.querySelectorAll<HTMLButtonElement>("[data-picture]")) {
    choice.addEventListener("click", () => {
      for (const other of document.querySelectorAll("[data-picture]")) {
        other.setAttribute("aria-pressed", String(other === choice));
      }
      void describe(choice.dataset["picture"] ?? "", choice.dataset["shown"] ?? "");
    });
  }
  await describe(picture.dataset["pictureOf"] ?? "", picture.getAttribute("src") ?? "");
}

/** Resolves when everything of the page is there and painted: the model must not take the way from the picture. */
async function quiet(): Promise<void> {
  if (document.readyState !== "complete") {
    await new Promise((resolve) => addEventListener("load", resolve, { once: true }));
  }
  await new Promise<void>((resolve) => {
    if ("requestIdleCallback" in globalThis) requestIdleCallback(() => resolve(), { timeout: 500 });
    else setTimeout(resolve, 50);
  });
}
