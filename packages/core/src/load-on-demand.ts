// The one place that fetches on-demand.ts: every import() that a bundle has costs bytes of its own.

/** What most pages never call. */
export function loadOnDemand(): Promise<typeof import("./on-demand.ts")> {
  return import("./on-demand.ts");
}
