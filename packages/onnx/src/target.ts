// What a model is to run on: the same graph becomes other nodes where execution providers of ONNX Runtime differ.

/**
 * The execution provider that a model is lowered for. "webgpu" has no FusedMatMul, so it gets Gemm, and MatMul with a
 * Transpose. Besides, it decides about quantized weights:
 *
 * - "cpu": 8 bits as they are stored, rows of x rounded to 8 bits for each run; 4 bits as MatMulNBits.
 * - "wasm": as "cpu" for 8 bits. MatMulNBits takes 7 times as long as float32 there, so 4 bits become 8 at load.
 * - "webgpu": MatMulNBits for both; the provider has none of the ops with rounded rows.
 *
 * Where the form changes at load ("wasm" with 4 bits, "webgpu" with 8), the weight must come as bytes.
 */
export type OnnxTarget = "cpu" | "wasm" | "webgpu";
