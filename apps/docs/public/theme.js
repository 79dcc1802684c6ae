// Sets the theme before anything is painted; a plain script, since modules run too late for that.
(() => {
  const stored = localStorage.getItem("theme");
  const dark = stored === null ? matchMedia("(prefers-color-scheme: dark)").matches : stored === "dark";
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
