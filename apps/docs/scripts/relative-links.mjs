// Links of a finished page, made relative to it, so that the site works under any path of any host.

/** Rewrites href, src and data-src attributes that begin with "/" (the site's root) for the page at `url`. */
export function relativeLinks(html, url) {
  const depth = url.split("/").length - 2;
  const up = depth === 0 ? "./" : "../".repeat(depth);
  return html.replace(/\b(href|src|data-[\w-]+)="\/(?!\/)([^"]*)"/g, (_, name, target) => `${name}="${up}${target}"`);
}
