// From chosen times to decoded frames, with WebCodecs: which key frame each is decoded from. Knows no containers and no
// pixels.
import { GlimpseError } from "@glimpsejs/base";
import { FrameDecoder, mostHeldBack } from "./frame-decoder.ts";
import type { Packet, VideoTrack } from "./media.ts";
import { answer, type Patience, seconds } from "./patience.ts";
import type { VideoFrameLike, WebCodecs } from "./web-codecs.ts";

/** A chosen frame. */
export interface ChosenFrame {
  /** When it is shown, in microseconds. */
  readonly time: number;
  /** Its number among all frames, in the order in which they are shown. */
  readonly index: number;
}

/**
 * Decodes the frames `chosen`, ascending: one frame for each, closed when the next one is asked for or the loop is left.
 * Throws "invalid-clip", "unsupported", "timeout", "aborted".
 */
export async function* decodeFrames(
  track: VideoTrack,
  chosen: readonly ChosenFrame[],
  codecs: WebCodecs,
  patience: Patience,
): AsyncGenerator<VideoFrameLike, void, undefined> {
  // Of frames that come out together one is kept, and the way to another leads from the key frame once more. So a
  // decoder is asked to hold back few where chosen frames are close; elsewhere it is faster if it may hold back more.
  const areClose = chosen.some(({ index }, i) => index - (chosen[i - 1]?.index ?? -Infinity) <= mostHeldBack);
  const times = chosen.map(({ time }) => time);
  const decoder = await FrameDecoder.open(track, codecs, patience, areClose);
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
