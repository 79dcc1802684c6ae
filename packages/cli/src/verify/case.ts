// A reference case read from its folder: case.json as typed data, and the two files of floats. The format is described
// at the head of fixtures/reference/make_reference.py.
import { type JsonValue, parseJson } from "@glimpsejs/base";
import type { Rows } from "@glimpsejs/core";
import type { HostTensor } from "@glimpsejs/graph";
import { bytesSource, openSafetensors, readTensor } from "@glimpsejs/weights";
import type { FileReader } from "../host.ts";
import { JsonReader } from "../json-reader.ts";

/** float32 tensors by name. */
export type Tensors = ReadonlyMap<string, HostTensor<"float32">>;

/** Arguments of the oracle's call, in its spelling. */
export type CallArguments = { readonly [name: string]: JsonValue };

interface CaseFiles {
  readonly folder: string;
  /** Float arguments: pixel_values, inputs_embeds, head_mask. */
  readonly inputs: Tensors;
  /** Float results by name. */
  readonly expected: Tensors;
}

/** One call of forward(); "legacy" cases of older versions of transformers are such calls too. */
export interface ForwardCase extends CaseFiles {
  readonly kind: "forward" | "legacy";
  readonly inputIds: Rows;
  readonly labels: Rows | undefined;
  readonly args: CallArguments;
}

/** Three calls of forward(): with a mask, with explicit positions, with embeddings in place of ids. */
export interface MaskCase extends CaseFiles {
  readonly kind: "mask";
  readonly inputIds: Rows;
  readonly attentionMask: Rows;
  readonly positionIds: Rows;
}

/** Several calls of generate(). */
export interface GenerateCase extends CaseFiles {
  readonly kind: "generate";
  readonly runs: readonly GenerateRun[];
}

/** One call of generate() and the ids it gave. */
export interface GenerateRun {
  /** Its name; scores are expected under "<tag>.scores". */
  readonly tag: string;
  /** How many of the pictures it is about, from the first. */
  readonly rows: number;
  readonly inputIds: Rows;
  readonly attentionMask: Rows | undefined;
  readonly args: CallArguments;
  /** Prompt and generated ids, padded behind the first end token. */
  readonly sequences: Rows;
  /** With beams, what each sequence was ranked by. */
  readonly sequencesScores: readonly number[] | undefined;
}

/** A reference case. */
export type ReferenceCase = ForwardCase | MaskCase | GenerateCase;

/** Reads the case in `folder`. Throws "missing-file", "invalid-json", "invalid-weights". */
export async function readCase(
  folder: string,
  files: FileReader,
  signal: AbortSignal | undefined,
): Promise<ReferenceCase> {
  const file = `${folder}/case.json`;
  const json = new JsonReader(parseJson(await files.read(file), file), file);
  const common = {
    folder,
    inputs: await readTensors(`${folder}/inputs.safetensors`, files, signal),
    expected: await readTensors(`${folder}/expected.safetensors`, files, signal),
  };
  const kind = json.member("kind").string();
  switch (kind) {
    case "forward":
    case "legacy":
      return {
        ...common,
        kind,
        inputIds: json.member("input_ids").rows(),
        labels: json.optional("labels")?.rows(),
        args: json.member("args").object(),
      };
    case "mask":
      return {
        ...common,
        kind,
        inputIds: json.member("input_ids").rows(),
        attentionMask: json.member("attention_mask").rows(),
        positionIds: json.member("position_ids").rows(),
      };
    case "generate":
      return { ...common, kind, runs: json.member("runs").items().map(readRun) };
    default:
      return json.member("kind").wrong("forward, legacy, mask or generate");
  }
}

function readRun(json: JsonReader): GenerateRun {
  return {
    tag: json.member("tag").string(),
    rows: json.member("rows").integer(),
    inputIds: json.member("input_ids").rows(),
    attentionMask: json.optional("attention_mask")?.rows(),
    args: json.member("args").object(),
    sequences: json.member("sequences").rows(),
    sequencesScores: json.optional("sequences_scores")?.numbers(),
  };
}

async function readTensors(path: string, files: FileReader, signal: AbortSignal | undefined): Promise<Tensors> {
  const source = await openSafetensors(bytesSource(path, await files.read(path)), signal);
  const tensors = new Map<string, HostTensor<"float32">>();
  for (const name of source.names) {
    const weight = source.get(name);
    if (weight !== undefined) tensors.set(name, await readTensor(weight, "float32", { name, signal }));
  }
  return tensors;
}
