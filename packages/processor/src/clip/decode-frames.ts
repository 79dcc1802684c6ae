// From chosen times to decoded frames, with WebCodecs. From the key frame before a chosen frame on, packets are decoded up
// to that frame and not beyond; what comes out and was not chosen is closed at once. Knows no containers and no pixels.
import { GlimpseError } from "@glimpsejs/base";
import type { Packet, VideoTrack } from "./media.ts";
import { answer, type Patience } from "./patience.ts";
import type { VideoConfig, VideoDecoderLike, VideoFrameLike, WebCodecs } from "./web-codecs.ts";

/**
 * Decodes the frames of `track` that are shown at `times`, ascending, in microseconds: one frame for each time, closed
 * when the next one is asked for or the loop is left. Throws "invalid-clip", "unsupported", "timeout", "aborted".
 */
export async function* decodeFrames(
  track: VideoTrack,
  times: readonly number[],
  codecs: WebCodecs,
  patience: Patience,
): AsyncGenerator<VideoFrameLike, void, undefined> {
  const decoder = await FrameDecoder.open(track, codecs, patience);
  try {
    for (let i = 0; i < times.length; ) {
      const key = await keyFor(track, times[i] ?? 0, patience);
      // The times that are reached from the same key frame are decoded in one go.
      let next = i + 1;
      while (next < times.length && (await keyFor(track, times[next] ?? 0, patience)).order === key.order) next++;
      yield* decoder.framesFrom(key, times.slice(i, next));
      i = next;
    }
  } finally {
    decoder.close();
  }
}

async function keyFor(track: VideoTrack, time: number, patience: Patience): Promise<Packet> {
  const key = await answer(track.keyPacket(time), "the file", patience);
  if (key !== undefined) return key;
  throw new GlimpseError(
    { subject: patience.name, problem: `there is no key frame at or before ${seconds(time)}, so it cannot be decoded` },
    { code: "invalid-clip" },
  );
}

/** A decoder and the frames that have come out of it and wait to be taken. */
class FrameDecoder {
  private readonly track: VideoTrack;
  private readonly codecs: WebCodecs;
  private readonly patience: Patience;
  private readonly decoder: VideoDecoderLike;
  /** Chosen times whose frame has not come out yet, ascending. */
  private wanted: number[] = [];
  private ready: VideoFrameLike[] = [];
  /** The last frame before the first wanted time, for times at which no frame begins. */
  private before: VideoFrameLike | undefined;
  private failure: { readonly cause: unknown } | undefined;
  /** Counts what came out, so that a decoder that works is told from one that hangs. */
  private outputs = 0;
  private wake: (() => void) | undefined;

  private constructor(track: VideoTrack, codecs: WebCodecs, patience: Patience) {
    this.track = track;
    this.codecs = codecs;
    this.patience = patience;
    this.decoder = new codecs.VideoDecoder({
      output: (frame) => this.take(frame),
      error: (cause) => {
        this.failure ??= { cause };
        this.wake?.();
      },
    });
    this.decoder.ondequeue = () => this.wake?.();
  }

  static async open(track: VideoTrack, codecs: WebCodecs, patience: Patience): Promise<FrameDecoder> {
    const { config } = track;
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
    const decoder = new FrameDecoder(track, codecs, patience);
    decoder.guarded(() => decoder.decoder.configure(config));
    return decoder;
  }

  /** The frames at `times`, all of which are reached from `key` without another key frame in between being needed. */
  async *framesFrom(key: Packet, times: readonly number[]): AsyncGenerator<VideoFrameLike, void, undefined> {
    this.wanted = [...times];
    this.before?.close();
    this.before = undefined;
    const unfed = new Set(times);
    for (let packet: Packet | undefined = key; packet !== undefined && unfed.size > 0; ) {
      const { type, time, data } = packet;
      // What is shown before the key frame may refer to frames before it, and nothing after it refers to that.
      if (time >= key.time) {
        this.guarded(() => this.decoder.decode(new this.codecs.EncodedVideoChunk({ type, timestamp: time, data })));
        unfed.delete(time);
        await this.decoded();
        yield* this.taken();
      }
      packet = unfed.size === 0 ? undefined : await answer(this.track.nextPacket(packet), "the file", this.patience);
    }
    await this.flushed();
    // What is still wanted begins no frame: packets that show nothing, as VP8's, or that were cut off.
    while (this.wanted.length > 0 && this.before !== undefined) this.accept(this.before);
    yield* this.taken();
    const [missing] = this.wanted;
    if (missing !== undefined) throw this.damaged(`no frame came out of the decoder for ${seconds(missing)}`);
  }

  /** Closes the decoder and every frame that was not taken. */
  close(): void {
    for (const frame of this.ready) frame.close();
    this.ready = [];
    this.before?.close();
    this.before = undefined;
    this.wanted = [];
    if (this.decoder.state !== "closed") this.decoder.close();
  }

  private take(frame: VideoFrameLike): void {
    this.outputs++;
    this.wake?.();
    const [first] = this.wanted;
    if (first === undefined || this.failure !== undefined) {
      frame.close();
      return;
    }
    if (frame.timestamp < first) {
      this.before?.close();
      this.before = frame;
      return;
    }
    // A frame after the wanted time: the one before it was on the screen then. There may be none, at the very start.
    while (this.wanted[0] !== undefined && this.wanted[0] < frame.timestamp && this.before) this.accept(this.before);
    if (this.wanted[0] !== undefined && this.wanted[0] <= frame.timestamp) this.accept(frame);
    else frame.close();
  }

  private accept(frame: VideoFrameLike): void {
    this.wanted.shift();
    if (frame === this.before) this.before = undefined;
    this.ready.push(frame);
  }

  private async *taken(): AsyncGenerator<VideoFrameLike, void, undefined> {
    for (let frame = this.ready.shift(); frame !== undefined; frame = this.ready.shift()) {
      try {
        yield frame;
      } finally {
        frame.close();
      }
    }
  }

  /** Waits until the decoder has taken in everything, so that few frames are under way at a time. */
  private async decoded(): Promise<void> {
    const { decoder, patience } = this;
    while (decoder.decodeQueueSize > 0 && this.failure === undefined) {
      const [outputs, queued] = [this.outputs, decoder.decodeQueueSize];
      const progress = () => this.outputs > outputs || decoder.decodeQueueSize < queued || this.failure !== undefined;
      await answer(this.until(progress), "the decoder", patience);
    }
    this.check();
  }

  /** Resolves once `condition` holds; looks when the decoder calls back, and now and then in case it does not. */
  private async until(condition: () => boolean): Promise<void> {
    const start = performance.now();
    while (!condition() && performance.now() - start <= this.patience.timeout) {
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

/** A codec string that is no such thing makes the question fail; then the answer is no. */
async function isSupported(codecs: WebCodecs, config: VideoConfig): Promise<{ readonly supported?: boolean | null }> {
  try {
    return await codecs.VideoDecoder.isConfigSupported(config);
  } catch {
    return { supported: false };
  }
}

function seconds(microseconds: number): string {
  return `${(microseconds / 1e6).toFixed(3)} s`;
}
