// Node's WebCodecs that count: chunks decoded, frames open now and kept at most. And parts of them that misbehave.
import type { VideoFrameLike, WebCodecs } from "../src/clip/web-codecs.ts";
import { nodeClips } from "../src/node/node-clips.ts";

/** What happened to the frames of {@link countingCodecs}. */
export interface Counts {
  decoded: number;
  open: number;
  /** Frames that were open after one was handed over; what is closed while it is handed over does not count. */
  mostKept: number;
  decoders: number;
}

/** Real codecs, and the counts that they keep. `change` replaces methods of a decoder. */
export async function countingCodecs(
  change: (
    decoder: InstanceType<WebCodecs["VideoDecoder"]>,
  ) => Partial<InstanceType<WebCodecs["VideoDecoder"]>> = () => ({}),
): Promise<{ readonly codecs: WebCodecs; readonly counts: Counts }> {
  const real = await nodeClips().codecs();
  const counts: Counts = { decoded: 0, open: 0, mostKept: 0, decoders: 0 };
  const counted = (frame: VideoFrameLike): VideoFrameLike => {
    counts.open++;
    const close = frame.close.bind(frame);
    let isOpen = true;
    frame.close = () => {
      if (isOpen) counts.open--;
      isOpen = false;
      close();
    };
    return frame;
  };
  class CountingDecoder extends real.VideoDecoder {
    constructor(init: ConstructorParameters<WebCodecs["VideoDecoder"]>[0]) {
      super({
        ...init,
        output(frame) {
          init.output(counted(frame));
          counts.mostKept = Math.max(counts.mostKept, counts.open);
        },
      });
      counts.decoders++;
      const close = this.close.bind(this);
      this.close = () => {
        counts.decoders--;
        close();
      };
      const decode = this.decode.bind(this);
      this.decode = (chunk) => {
        counts.decoded++;
        decode(chunk);
      };
      Object.assign(this, change(this));
    }
  }
  return { codecs: { VideoDecoder: CountingDecoder, EncodedVideoChunk: real.EncodedVideoChunk }, counts };
}
