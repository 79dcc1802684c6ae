// Is this a float32 tensor at all? Callers of JavaScript hand in what they like.
import { type Problem, show } from "@glimpsejs/base";
import { elementCount } from "@glimpsejs/graph";

/** What is wrong with an argument that has to be a float32 HostTensor: its kind, its dtype, or data that do not fill its shape. */
export function float32Problems(subject: string, tensor: unknown): Problem[] {
  if (typeof tensor !== "object" || tensor === null || !("shape" in tensor && "data" in tensor && "dtype" in tensor)) {
    return [{ subject, problem: "it is no tensor", expected: '{ dtype: "float32", shape, data }', got: show(tensor) }];
  }
  const { dtype, shape, data } = tensor;
  if (dtype !== "float32" || !(data instanceof Float32Array)) {
    return [{ subject, problem: "the dtype is wrong", expected: "float32 in a Float32Array", got: show(dtype) }];
  }
  if (!Array.isArray(shape) || !shape.every((n) => Number.isSafeInteger(n) && n >= 0)) {
    return [{ subject, problem: "the shape is no list of sizes", got: show(shape) }];
  }
  if (data.length === elementCount(shape)) return [];
  return [
    {
      subject,
      problem: "the data does not fill the shape",
      expected: `${elementCount(shape)} elements`,
      got: String(data.length),
    },
  ];
}
