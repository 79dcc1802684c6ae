// A plan as text: the dispatches with what they read and write, and the memory.
import type { BufferSpec, Plan } from "./plan.ts";

/** Writes a plan, one dispatch per line: `gemv 1 rows f32 [96, 1, 1] feed x, weight 0 -> output 3 # path`. */
export function printPlan(plan: Plan): string {
  const lines = [`plan ${plan.graph}`];
  for (const { kernel, buffers, groups, path } of plan.dispatches) {
    const named = buffers.map((id) => nameOf(plan.buffers[id], id));
    const reads = named.filter((_, i) => kernel.access[i] === "read").join(", ");
    const writes = named.filter((_, i) => kernel.access[i] !== "read").join(", ");
    lines.push(`  ${kernel.name} [${groups.join(", ")}] ${reads} -> ${writes}    # ${path}`);
  }
  for (const [name, { view }] of Object.entries(plan.outputs)) {
    lines.push(`  output ${name} = ${nameOf(plan.buffers[view.buffer], view.buffer)} [${view.shape.join(", ")}]`);
  }
  lines.push(`  temporaries ${plan.slots.join(" + ")} bytes`);
  return `${lines.join("\n")}\n`;
}

function nameOf(spec: BufferSpec | undefined, id: number): string {
  if (spec === undefined) return "nothing";
  if (spec.kind === "weight") return `${spec.part} ${spec.pack}`;
  if (spec.kind === "feed") return spec.input;
  if (spec.kind === "state") return `state ${spec.input}`;
  return spec.kind === "temporary" ? `slot ${spec.slot}` : `output ${id}`;
}
