/** Why tests cannot run on a GPU here; undefined if they can. */
export const noGpu: string | undefined;
