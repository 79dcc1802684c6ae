// The backends a playground can run on, and which of them this browser has.
import type { BackendPlugin } from "@glimpsejs/backend";
import { reference } from "@glimpsejs/backend-reference";
import { GlimpseError } from "@glimpsejs/base";
import type { BackendId, BackendStatus } from "../port/protocol.ts";

/** Asks every backend whether it can run here. */
export async function survey(): Promise<readonly BackendStatus[]> {
  const missing = "It is not part of this build.";
  return [
    {
      id: "reference",
      unavailable: await reference().unavailable(),
      dtypes: ["fp32", "fp16", "int8", "int4"],
      note: undefined,
    },
    { id: "ort-wasm", unavailable: missing, dtypes: ["fp32", "int8"], note: undefined },
    { id: "ort-webgpu", unavailable: missing, dtypes: ["fp32", "fp16"], note: undefined },
    { id: "webgpu", unavailable: missing, dtypes: ["fp32", "fp16", "int8", "int4"], note: undefined },
  ];
}

/** The plugin of a backend. */
export function plugin(id: BackendId): BackendPlugin {
  if (id === "reference") return reference();
  throw new GlimpseError(
    { subject: `backend "${id}"`, problem: "it is not part of this build" },
    { code: "backend-unavailable" },
  );
}
