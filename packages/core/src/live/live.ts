// stream() over a live source: what the window of live-texts.ts encodes and describes with.
import { float32 } from "@glimpsejs/graph";
import { encodeOptions, only } from "../call-parts.ts";
import type { GitCalls } from "../git-calls.ts";
import { checkAll } from "../options.ts";
import type { LiveOptions, LiveText } from "../tasks.ts";
import { liveTexts } from "./live-texts.ts";
import { liveWindow } from "./live-window.ts";

/** What Git.stream() does with a live source. */
export async function* live(
  calls: GitCalls,
  source: AsyncIterable<unknown>,
  options: LiveOptions,
): AsyncGenerator<LiveText, void, undefined> {
  const { model } = calls;
  const [request, window] = checkAll(
    () => calls.request([options?.question], options, ["question", "window"]),
    () => liveWindow(options?.window, model.config),
  );
  const { question, signal } = options;
  yield* liveTexts(source, {
    window,
    signal,
    encode: async (frame) => {
      const { data, shape } = await calls.pixelValues({ frames: [frame] }, encodeOptions(options, question));
      return model.encodeFrame(float32(data, shape.slice(1)), { signal }); // [1, 1, 3, H, W] as a still
    },
    describe: async (frames) => {
      const trunk = await model.joinFrames(frames);
      try {
        return only(await calls.texts(request, trunk));
      } finally {
        trunk.dispose();
      }
    },
  });
}
