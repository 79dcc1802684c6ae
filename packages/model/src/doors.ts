// The doors to on-demand.ts: functions that find out at once whether there is anything to do.
import type { JsonValue } from "@glimpsejs/base";
import type { HostTensor, WeightSource } from "@glimpsejs/graph";

/**
 * `source` with the pairs of tensors that quantized weights are stored as put together; the same source where there are
 * none. `described` is the field `quantization_config` of config.json, which `subject` names in errors. Throws
 * "unsupported" for the format of another program or a later version, "invalid-config" for a wrong description, and
 * "invalid-weights" listing every tensor without its other half, of a wrong dtype or shape, or stored twice, and all of
 * them where nothing describes them.
 */
export async function readQuantized(
  source: WeightSource,
  described: JsonValue | undefined,
  subject: string,
): Promise<WeightSource> {
  const isDescribed = described !== undefined && described !== null;
  if (!isDescribed && !source.names.some((name) => /\.(int8|int4|scales)$/.test(name))) return source;
  const { checkQuantizationConfig, joinQuantized } = await import("./on-demand.ts");
  checkQuantizationConfig(described, subject);
  return joinQuantized(source, isDescribed);
}

/**
 * The position table float32 [1 + n², D] of the image encoder for a grid of another size, [1 + rows · columns, D]; the
 * table itself where the grid is n × n.
 */
export async function positionsFor(
  table: HostTensor<"float32">,
  rows: number,
  columns: number,
): Promise<HostTensor<"float32">> {
  const [count = 1] = table.shape;
  if (rows === columns && rows * columns === count - 1) return table;
  const { interpolatePositions } = await import("./on-demand.ts");
  return interpolatePositions(table, rows, columns);
}
