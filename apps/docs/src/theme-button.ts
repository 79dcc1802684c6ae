// The button that turns the dark theme on and off, and remembers it.

/** Wires the button in the header. */
export function themeButton(): void {
  const button = document.querySelector<HTMLButtonElement>("button.theme");
  const root = document.documentElement;
  const show = () => button?.setAttribute("aria-pressed", String(root.dataset["theme"] === "dark"));
  button?.addEventListener("click", () => {
    const next = root.dataset["theme"] === "dark" ? "light" : "dark";
    root.dataset["theme"] = next;
    localStorage.setItem("theme", next);
    show();
  });
  show();
}
