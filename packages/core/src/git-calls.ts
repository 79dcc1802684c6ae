// What the calls of Git have in common: from a subject to a trunk, from options to a request, from tokens to texts; and the
// list of calls under way.
import type { HostTensor } from "@glimpsejs/graph";
import { checkPictures } from "./call-parts.ts";
import type { GitForCausalLM } from "./git-for-causal-lm.ts";
import type { GitProcessor } from "./git-processor.ts";
import { booleanProblems, checkAll, throwProblems, unknownOptions } from "./options.ts";
import { presetProblems } from "./presets.ts";
import { pixelValuesOf } from "./subject.ts";
import { type EncodeTaskOptions, encodeOptionNames, type Subject, type TaskOptions, type TextResult } from "./tasks.ts";
import { type TextRequest, textRequest, textResults } from "./text-request.ts";
import { Trunk } from "./trunk.ts";

/** A model and its processor, and what every call does with them. Both stay the owner's. */
export class GitCalls {
  readonly model: GitForCausalLM;
  readonly processor: GitProcessor;
  private readonly underWay = new Set<Promise<unknown>>();

  constructor(model: GitForCausalLM, processor: GitProcessor) {
    this.model = model;
    this.processor = processor;
  }

  /** Checks `options` and encodes. The trunk is the caller's. */
  async encode(subject: Subject, options: EncodeTaskOptions): Promise<Trunk> {
    checkAll(
      () => throwProblems(unknownOptions(options, encodeOptionNames)),
      () => throwProblems([...presetProblems(options?.preset), ...booleanProblems(options ?? {}, ["forQuestion"])]),
    );
    return this.during(async () => this.encodePixels(await this.pixelValues(subject, options), options));
  }

  /** Pixel values of a picture or clip. */
  pixelValues(subject: Subject, options: EncodeTaskOptions): Promise<HostTensor<"float32">> {
    return pixelValuesOf(subject, this.processor, this.model.config, options);
  }

  /** The trunk of pixel values. The caller's. */
  encodePixels(pixelValues: HostTensor<"float32">, { preset, signal }: EncodeTaskOptions): Promise<Trunk> {
    return this.model.encode(pixelValues, { interpolatePosEncoding: preset === "paper", signal });
  }

  /** One text for each prompt of `request`, about `pictures` pictures. */
  async run(
    name: string,
    subject: Subject,
    request: TextRequest,
    encoding: EncodeTaskOptions,
    pictures = 1,
  ): Promise<TextResult[]> {
    if (request.inputIds.length === 0) return [];
    return this.during(() =>
      this.about(subject, encoding, (trunk) => {
        checkPictures(name, trunk, pictures);
        return this.texts(request, trunk);
      }),
    );
  }

  /** Remembers a call while it lasts, so that dispose() can wait for it. */
  during<T>(call: () => Promise<T>): Promise<T> {
    const running = call();
    this.underWay.add(running);
    return running.finally(() => this.underWay.delete(running));
  }

  /** Waits for the calls under way. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.underWay);
  }

  /** What `use` gives for the trunk of a subject, which is freed unless the subject is one itself. */
  async about<T>(subject: Subject, options: EncodeTaskOptions, use: (trunk: Trunk) => T | Promise<T>): Promise<T> {
    const { trunk, own } = await this.trunk(subject, options);
    try {
      return await use(trunk);
    } finally {
      if (own) trunk.dispose();
    }
  }

  /** The trunk of a subject, and whether it is to be freed afterwards: not where the subject is one itself. */
  async trunk(subject: Subject, options: EncodeTaskOptions): Promise<{ trunk: Trunk; own: boolean }> {
    if (subject instanceof Trunk) return { trunk: subject, own: false };
    return { trunk: await this.encode(subject, options), own: true };
  }

  /** What generate() is asked for, one text a question; see textRequest(). */
  request(
    questions: readonly (string | undefined)[],
    options: TaskOptions,
    ownNames: readonly string[] = [],
  ): TextRequest {
    return textRequest(this.model, this.processor, questions, options, ownNames);
  }

  /** One text for each prompt of `request`, about `trunk`, which stays the caller's. */
  async texts(request: TextRequest, trunk: Trunk): Promise<TextResult[]> {
    return textResults(this.processor, await this.model.generate({ ...request, trunk }));
  }
}
