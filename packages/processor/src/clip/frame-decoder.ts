// A video decoder that is driven packet by packet, with WebCodecs. From a key frame on, packets are decoded up to the chosen
// frames and not beyond. One frame is open at a time: the decoder gets nothing while somebody has a frame, and what comes
// out and is not the one that is waited for is closed at once. Which key frame it is, is the business of decode-frames.ts.
import { GlimpseError } from "@glimpsejs/base";
import type { Packet, VideoTrack } from "./media.ts";
import { answer, type Patience, seconds } from "./patience.ts";
import type { VideoConfig, VideoDecoderLike, VideoFrameLike, WebCodecs } from "./web-codecs.ts";

/**
 * How many frames decoders hold back, at most, until they hand them over together: as many as H.264 lets them reorder,
 * and as many as FFmpeg decodes at a time.
 */
export const mostHeldBack = 16;

/** Milliseconds in which a frame that is due comes out, if it does. */
const late = 20;

/** A decoder, and the one frame that is open. */
export class FrameDecoder {
  private readonly track: VideoTrack;
  private readonly codecs: WebCodecs;
  private readonly patience: Patience;
  private readonly decoder: VideoDecoderLike;
  /** Whether it is paced, so that frames come out one by one. */
  private paced: boolean;
  /** Chosen times whose frame has not been taken yet, ascending. */
  private wanted: number[] = [];
  /** The time of the frame that is shown at the first of them, where that is known to be another. */
  private standIn: number | undefined;
  /** The frame for the first of them, until it has been taken and given back. */
  private held: VideoFrameLike | undefined;
  /** Times of the frames that have come out since the key frame, and the latest of them. */
  private readonly seen = new Set<number>();
  private latest = Number.NEGATIVE_INFINITY;
  private failure: { readonly cause: unknown } | undefined;
  /** Packets that went in and frames that came out since the key frame, and how many of them were inside when last seen. */
  private inputs = 0;
  private outputs = 0;
  private inside = Number.POSITIVE_INFINITY;
  private wake: (() => void) | undefined;

  private constructor(track: VideoTrack, codecs: WebCodecs, patience: Patience, paced: boolean) {
    this.track = track;
    this.codecs = codecs;
    this.patience = patience;
    this.paced = paced;
    this.decoder = new codecs.VideoDecoder({
      output: (frame) => this.take(frame),
      error: (cause) => {
        this.failure ??= { cause };
        this.wake?.();
      },
    });
    this.decoder.ondequeue = () => this.wake?.();
  }

  static async open(
    track: VideoTrack,
    codecs: WebCodecs,
    patience: Patience,
    areClose: boolean,
  ): Promise<FrameDecoder> {
    const config = areClose ? { ...track.config, optimizeForLatency: true } : track.config;
    const { supported } = await answer(isSupported(codecs, config), "the decoder", patience);
    if (!supported) {
      throw new GlimpseError(
        {
          subject: patience.name,
          problem: "this machine has no decoder for the video's codec",
          got: config.codec,
          advice: "Convert it, for example to H.264 or VP9.",
        },
        { code: "unsupported" },
      );
    }
    const decoder = new FrameDecoder(track, codecs, patience, areClose);
    decoder.guarded(() => decoder.decoder.configure(config));
    return decoder;
  }

  /** The frames at `times`, all of which are reached from `key` without another key frame in between being needed. */
  async *framesFrom(key: Packet, times: readonly number[]): AsyncGenerator<VideoFrameLike, void, undefined> {
    this.wanted = [...times];
    for (;;) {
      yield* this.pass(key);
      const [missing] = this.wanted;
      if (missing === undefined) return;
      // It came out together with the one before and was closed, or it begins no frame, as packets of VP8 that show
      // nothing and those that were cut off: then the one before it is on the screen, or at the very start the first.
      const shown = shownAt(missing, this.seen);
      if (this.standIn !== undefined || shown === undefined) {
        throw this.damaged(`no frame came out of the decoder for ${seconds(missing)}`);
      }
      this.standIn = shown;
    }
  }

  /** Decodes from `key` on, once. What is still wanted afterwards did not come out, or came out together with another. */
  private async *pass(key: Packet): AsyncGenerator<VideoFrameLike, void, undefined> {
    this.seen.clear();
    this.latest = Number.NEGATIVE_INFINITY;
    this.inputs = this.outputs = 0;
    const unfed = new Set(this.wanted);
    let more = mostHeldBack;
    for (let packet: Packet | undefined = key; packet !== undefined; ) {
      const { type, time, data } = packet;
      // What is shown before the key frame may refer to frames before it, and nothing after it refers to that.
      if (time >= key.time) {
        this.guarded(() => this.decoder.decode(new this.codecs.EncodedVideoChunk({ type, timestamp: time, data })));
        this.inputs++;
        unfed.delete(time);
        await this.decoded();
        yield* this.taken();
      }
      const [next] = this.wanted;
      if (next === undefined || (this.held === undefined && this.seen.has(next))) break;
      // The end of the decoder's work brings all at once. Where that would be two, some further packets cost less.
      if (unfed.size === 0 && (this.wanted.length === 1 || this.latest > next || more-- === 0)) break;
      packet = await answer(this.track.nextPacket(packet), "the file", this.patience);
    }
    await this.flushed();
    yield* this.taken();
  }

  /** Closes the decoder and the frame that was not taken. */
  close(): void {
    this.wanted = [];
    this.held?.close();
    this.held = undefined;
    if (this.decoder.state !== "closed") this.decoder.close();
  }

  private take(frame: VideoFrameLike): void {
    this.outputs++;
    this.wake?.();
    const { timestamp } = frame;
    this.seen.add(timestamp);
    this.latest = Math.max(this.latest, timestamp);
    if (this.held === undefined && this.failure === undefined && timestamp === (this.standIn ?? this.wanted[0])) {
      this.held = frame;
      return;
    }
    frame.close();
  }

  /** Hands out the frame that is there, if one is. While it is with the taker nothing is decoded. */
  private async *taken(): AsyncGenerator<VideoFrameLike, void, undefined> {
    if (this.held === undefined) return;
    try {
      yield this.held;
    } finally {
      this.held?.close();
      this.held = undefined;
      this.standIn = undefined;
      this.wanted.shift();
    }
  }

  /** Waits until the decoder has taken in everything and, if it is paced, until it holds no more than it did before. */
  private async decoded(): Promise<void> {
    const { decoder, patience } = this;
    while (decoder.decodeQueueSize > 0 && this.failure === undefined) {
      const [outputs, queued] = [this.outputs, decoder.decodeQueueSize];
      const progress = () => this.outputs > outputs || decoder.decodeQueueSize < queued || this.failure !== undefined;
      await answer(this.until(progress, patience.timeout), "the decoder", patience);
    }
    if (this.paced) {
      const isDone = () => this.inputs - this.outputs <= this.inside || this.failure !== undefined;
      if (!isDone()) await answer(this.until(isDone, late), "the decoder", patience);
      // Where waiting is in vain frames come in groups, or not for every packet, whatever the pace.
      this.paced = isDone();
      if (this.outputs > 0) this.inside = this.inputs - this.outputs;
    }
    this.check();
  }

  /** Resolves once `condition` holds; looks when the decoder calls back, and now and then in case it does not. */
  private async until(condition: () => boolean, milliseconds: number): Promise<void> {
    const start = performance.now();
    while (!condition() && performance.now() - start <= milliseconds) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 20);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  private async flushed(): Promise<void> {
    try {
      await answer(this.decoder.flush(), "the decoder", this.patience);
    } catch (cause) {
      if (GlimpseError.isInstance(cause)) throw cause;
      this.failure ??= { cause };
    }
    this.check();
  }

  private guarded(call: () => void): void {
    try {
      call();
    } catch (cause) {
      this.failure ??= { cause };
    }
    this.check();
  }

  private check(): void {
    if (this.failure === undefined) return;
    const { cause } = this.failure;
    throw this.damaged("the video cannot be decoded", cause);
  }

  private damaged(problem: string, cause?: unknown): GlimpseError {
    const got = cause instanceof Error ? `"${cause.message.split("\n")[0]}" from the decoder` : undefined;
    return new GlimpseError({ subject: this.patience.name, problem, got }, { code: "invalid-clip", cause });
  }
}

/** The last of `times` that is not after `time`; where there is none, the first. */
function shownAt(time: number, times: Iterable<number>): number | undefined {
  let [before, after] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const each of times) {
    if (each <= time) before = Math.max(before, each);
    else after = Math.min(after, each);
  }
  return [before, after].find(Number.isFinite);
}

/** A codec string that is no such thing makes the question fail; then the answer is no. */
async function isSupported(codecs: WebCodecs, config: VideoConfig): Promise<{ readonly supported?: boolean | null }> {
  try {
    return await codecs.VideoDecoder.isConfigSupported(config);
  } catch {
    return { supported: false };
  }
}
