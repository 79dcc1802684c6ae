// The part of the WebCodecs standard (https://www.w3.org/TR/webcodecs/) that clips are decoded with, said by its shape:
// browsers have it, in Node a package does, and a test may bring its own. Nothing is implemented here.

/** A decoded frame. Whoever holds it closes it. */
export interface VideoFrameLike {
  /** "I420", "NV12", "RGBA" …, or null where the pixels have no format that can be named. */
  readonly format: string | null;
  /** Microseconds. */
  readonly timestamp: number;
  readonly codedWidth: number;
  readonly codedHeight: number;
  readonly visibleRect: { readonly width: number; readonly height: number } | null;
  readonly colorSpace: VideoColorSpaceLike;
  /** Bytes that copyTo() writes. */
  allocationSize(options?: { readonly format?: "RGBA" }): number;
  /** Copies the pixels, and says where each plane lies. */
  copyTo(
    to: Uint8Array<ArrayBuffer>,
    options?: { readonly format?: "RGBA" },
  ): Promise<readonly { readonly offset: number; readonly stride: number }[]>;
  /** Gives the memory back. */
  close(): void;
}

/** How a frame's numbers become colours. */
export interface VideoColorSpaceLike {
  readonly matrix?: string | null | undefined;
  readonly fullRange?: boolean | null | undefined;
}

/** What a decoder is configured with. */
export interface VideoConfig {
  readonly codec: string;
  readonly codedWidth?: number;
  readonly codedHeight?: number;
  readonly description?: Uint8Array;
  readonly colorSpace?: VideoColorSpaceLike;
  /** Whether few packets are to be needed before a frame comes out. */
  readonly optimizeForLatency?: boolean;
}

/** A VideoDecoder. */
export interface VideoDecoderLike {
  readonly decodeQueueSize: number;
  readonly state: string;
  ondequeue: unknown;
  configure(config: VideoConfig): void;
  decode(chunk: object): void;
  flush(): Promise<void>;
  close(): void;
}

/** The classes that decode: `globalThis` of a browser, or the exports of a package such as @napi-rs/webcodecs. */
export interface WebCodecs {
  readonly VideoDecoder: {
    new (init: { output(frame: VideoFrameLike): void; error(error: unknown): void }): VideoDecoderLike;
    /** Whether the codec can be decoded here. */
    isConfigSupported(config: VideoConfig): Promise<{ readonly supported?: boolean | null }>;
  };
  readonly EncodedVideoChunk: new (init: {
    readonly type: "key" | "delta";
    readonly timestamp: number;
    readonly data: Uint8Array<ArrayBuffer>;
  }) => object;
}
