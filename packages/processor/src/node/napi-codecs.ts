// @napi-rs/webcodecs as the standard has it. Version 1.3 gives decoded frames in the order in which they are shown, as it
// should, but with the timestamps of packets in the order in which they were decoded: with B-frames a frame carries the
// time of another. Here each frame gets the earliest time that has not come out yet.
import type { VideoConfig, VideoDecoderLike, VideoFrameLike, WebCodecs } from "../clip/web-codecs.ts";

/** The exports of the package that are used here. */
export interface NapiWebCodecs extends WebCodecs {
  readonly VideoFrame: new (frame: VideoFrameLike, init: { readonly timestamp: number }) => VideoFrameLike;
}

/** The classes of `napi` with timestamps in order. */
export function inOrder(napi: NapiWebCodecs): WebCodecs {
  class OrderedChunk {
    readonly timestamp: number;
    readonly chunk: object;
    /** Whether a frame comes out for it: VP8 has packets of frames that are only referred to (RFC 6386, section 9.1). */
    readonly isShown: (codec: string) => boolean;

    constructor(init: ConstructorParameters<WebCodecs["EncodedVideoChunk"]>[0]) {
      this.timestamp = init.timestamp;
      this.chunk = new napi.EncodedVideoChunk(init);
      const [first = 0] = init.data;
      this.isShown = (codec) => !codec.startsWith("vp8") || (first & 0x10) !== 0;
    }
  }

  class OrderedDecoder implements VideoDecoderLike {
    static isConfigSupported(config: VideoConfig) {
      return napi.VideoDecoder.isConfigSupported(config);
    }

    private readonly decoder: VideoDecoderLike;
    private codec = "";
    /** Times of frames that are still to come out, ascending. */
    private pending: number[] = [];

    constructor({ output, error }: ConstructorParameters<WebCodecs["VideoDecoder"]>[0]) {
      this.decoder = new napi.VideoDecoder({
        output: (frame) => {
          const timestamp = this.pending.shift() ?? frame.timestamp;
          if (timestamp === frame.timestamp) return output(frame);
          const ordered = new napi.VideoFrame(frame, { timestamp });
          frame.close();
          output(ordered);
        },
        error,
      });
    }

    get decodeQueueSize() {
      return this.decoder.decodeQueueSize;
    }

    get state() {
      return this.decoder.state;
    }

    set ondequeue(listener: unknown) {
      this.decoder.ondequeue = listener;
    }

    configure(config: VideoConfig): void {
      this.codec = config.codec;
      this.pending = [];
      this.decoder.configure(config);
    }

    decode(chunk: object): void {
      if (!(chunk instanceof OrderedChunk)) throw new TypeError("decode(): this is no chunk of these codecs.");
      if (chunk.isShown(this.codec)) {
        const later = this.pending.findIndex((time) => time > chunk.timestamp);
        this.pending.splice(later < 0 ? this.pending.length : later, 0, chunk.timestamp);
      }
      this.decoder.decode(chunk.chunk);
    }

    async flush(): Promise<void> {
      await this.decoder.flush();
      this.pending = [];
    }

    close(): void {
      this.decoder.close();
    }
  }

  return { VideoDecoder: OrderedDecoder, EncodedVideoChunk: OrderedChunk };
}
