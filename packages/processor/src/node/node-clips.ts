// What decodes clips in Node: mediabunny reads containers, @napi-rs/webcodecs decodes. Both are optional packages, loaded
// when the first clip is.
import { GlimpseError } from "@glimpsejs/base";
import type { ClipPlatform } from "../clip/media.ts";
import type { WebCodecs } from "../clip/web-codecs.ts";
import { inOrder, type NapiWebCodecs } from "./napi-codecs.ts";

const install = 'Install both with "npm install mediabunny @napi-rs/webcodecs", or pass decoded pictures.';

/** Node's decoders; `codecs` in place of the package's own. */
export function nodeClips(codecs?: WebCodecs): ClipPlatform {
  return {
    async demuxer() {
      return (await import("../clip/mediabunny.ts")).loadDemuxer(install);
    },
    async codecs() {
      if (codecs !== undefined) return codecs;
      try {
        // Its classes are those of the standard, which are described by their shape.
        return inOrder((await import("@napi-rs/webcodecs")) as unknown as NapiWebCodecs);
      } catch (cause) {
        throw new GlimpseError(
          {
            subject: "@napi-rs/webcodecs",
            problem: "the package that decodes videos could not be loaded",
            advice: install,
          },
          { code: "missing-package", cause },
        );
      }
    },
  };
}
