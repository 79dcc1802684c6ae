// Fallback as composition: a plugin that is the first of several that can open.
import { GlimpseError, type Problem } from "@glimpsejs/base";
import type { Backend, BackendPlugin } from "./backend.ts";

const noneGiven: Problem = { subject: "backends", problem: "no backend was given", advice: "Pass at least one." };

/**
 * The first plugin, in the given order, that is available on this machine. It is itself a plugin, so
 * `firstAvailable(webgpu(), ortWeb())` goes wherever a plugin goes. Opening rejects with one "backend-unavailable"
 * error that says why each of them cannot be used.
 */
export function firstAvailable(...plugins: readonly BackendPlugin[]): BackendPlugin {
  async function choose(): Promise<{ readonly plugin?: BackendPlugin; readonly reasons: readonly Problem[] }> {
    const reasons: Problem[] = [];
    if (plugins.length === 0) reasons.push(noneGiven);
    for (const plugin of plugins) {
      const reason = await plugin.unavailable();
      if (reason === undefined) return { plugin, reasons };
      reasons.push({ subject: `backend "${plugin.name}"`, problem: reason });
    }
    return { reasons };
  }
  return {
    name: `first of ${plugins.map((p) => p.name).join(", ")}`,
    async unavailable() {
      const { plugin, reasons } = await choose();
      return plugin === undefined ? reasons.map((r) => `${r.subject}: ${r.problem}`).join("; ") : undefined;
    },
    // Which one it will be is not known yet, so a load is refused only where none of them could take it.
    estimateMemory(weightBytes) {
      const estimates = plugins.map((plugin) => plugin.estimateMemory?.(weightBytes) ?? 0);
      return plugins.length === 0 ? 0 : Math.min(...estimates);
    },
    async open(passedOver): Promise<Backend> {
      const reasons: Problem[] = [];
      const pass = (...problems: readonly Problem[]) => {
        reasons.push(...problems);
        for (const problem of problems) passedOver?.(problem);
      };
      // What cannot be opened after all, a GPU that computes wrong for example, is passed over like what is not there.
      for (const plugin of plugins) {
        const reason = await plugin.unavailable();
        if (reason !== undefined) {
          pass({ subject: `backend "${plugin.name}"`, problem: reason.replace(/\.$/, "") });
          continue;
        }
        try {
          return await plugin.open(passedOver);
        } catch (error) {
          if (!GlimpseError.isInstance(error) || error.code !== "backend-unavailable") throw error;
          pass(...error.problems);
        }
      }
      throw new GlimpseError(reasons.length === 0 ? noneGiven : reasons, { code: "backend-unavailable" });
    },
  };
}
