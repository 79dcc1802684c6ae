/** The folder that `vite build` writes. */
export const dist: string;

/** A running server. */
export interface PlaygroundServer {
  readonly url: string;
  close(): Promise<unknown>;
}

/** Serves `folder` (default: what was built) on the loopback interface; port 0 takes a free one. */
export function servePlayground(options?: {
  readonly folder?: string;
  readonly port?: number;
  readonly isolated?: boolean;
}): Promise<PlaygroundServer>;
