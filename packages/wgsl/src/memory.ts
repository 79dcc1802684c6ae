// The memory plan: temporaries whose lifetimes do not overlap share a slot. Lifetimes are counted in dispatches; a value
// never takes the slot of one that the same dispatch reads.
import type { DraftSpec } from "./lowering.ts";
import type { BufferSpec, Dispatch } from "./plan.ts";

/** Gives every temporary a slot. The smallest free slot that is large enough is taken, else the largest grows. */
export function planMemory(
  drafts: readonly DraftSpec[],
  dispatches: readonly Dispatch[],
): { readonly buffers: readonly BufferSpec[]; readonly slots: readonly number[] } {
  const first = new Map<number, number>();
  const last = new Map<number, number>();
  for (const [i, { buffers }] of dispatches.entries()) {
    for (const id of buffers) {
      if (!first.has(id)) first.set(id, i);
      last.set(id, i);
    }
  }
  const slots: number[] = [];
  const free = new Set<number>();
  const slotOf = new Map<number, number>();
  const isTemporary = (id: number) => drafts[id]?.kind === "temporary";
  for (const [i, { buffers }] of dispatches.entries()) {
    const unique = [...new Set(buffers)].filter(isTemporary);
    for (const id of unique) {
      const draft = drafts[id];
      if (first.get(id) !== i || draft?.kind !== "temporary") continue;
      const slot = take(free, slots, draft.bytes);
      slots[slot] = Math.max(slots[slot] ?? 0, draft.bytes);
      slotOf.set(id, slot);
    }
    for (const id of unique) {
      const slot = slotOf.get(id);
      if (last.get(id) === i && slot !== undefined) free.add(slot);
    }
  }
  const buffers = drafts.map((draft, id): BufferSpec => {
    return draft.kind === "temporary" ? { ...draft, slot: slotOf.get(id) ?? -1 } : draft;
  });
  return { buffers, slots };
}

function take(free: Set<number>, slots: readonly number[], bytes: number): number {
  const sizes = [...free].map((slot) => ({ slot, size: slots[slot] ?? 0 })).sort((a, b) => a.size - b.size);
  const chosen = sizes.find(({ size }) => size >= bytes) ?? sizes.at(-1);
  if (chosen === undefined) return slots.length;
  free.delete(chosen.slot);
  return chosen.slot;
}
