// What decodes clips in a browser or a worker: mediabunny reads containers, the browser's own WebCodecs decode.
import { GlimpseError } from "@glimpsejs/base";
import type { ClipPlatform } from "../clip/media.ts";
import type { WebCodecs } from "../clip/web-codecs.ts";
import { drawnPicture } from "./canvas-pixels.ts";

/** A browser's decoders; `codecs` in place of its own. */
export function webClips(codecs: WebCodecs | undefined): ClipPlatform {
  return {
    async demuxer() {
      const advice = 'Install it with "npm install mediabunny", or pass decoded pictures.';
      return (await import("../clip/mediabunny.ts")).loadDemuxer(advice);
    },
    async codecs() {
      if (codecs !== undefined) return codecs;
      if ("VideoDecoder" in globalThis) {
        // The browser's classes are those of the standard, which are described by their shape.
        const { VideoDecoder, EncodedVideoChunk } = globalThis;
        return { VideoDecoder, EncodedVideoChunk } as unknown as WebCodecs;
      }
      throw new GlimpseError(
        {
          subject: "WebCodecs",
          problem: "this browser or page has none, so it cannot decode videos",
          advice: "Use a current browser and a secure page (https), or pass a <video> element.",
        },
        { code: "unsupported" },
      );
    },
    draw(frame, subject) {
      const { width = 0, height = 0 } = frame.visibleRect ?? {};
      // A VideoFrame, said by its shape.
      return drawnPicture(frame as unknown as VideoFrame, { width, height }, { subject, opaque: true });
    },
  };
}
