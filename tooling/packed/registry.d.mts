/** Starts a registry that serves `packed` (name to tarball path) and what this workspace has installed. */
export function startRegistry(
  packed: Readonly<Record<string, string>>,
): Promise<{ readonly address: string; stop(): void }>;
