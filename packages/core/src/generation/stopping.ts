// What ends a sequence besides its end token and its length: strings and functions.

/** Says whether a sequence is finished, from its tokens: the prompt and what was generated. */
export type StopRule = (tokens: readonly number[], promptLength: number) => boolean;

/** Rules from functions and from strings, which are looked for in the generated text. */
export function stopRules(
  criteria: readonly ((tokens: readonly number[]) => boolean)[],
  strings: string | readonly string[],
  decode: ((ids: readonly number[]) => string) | undefined,
): readonly StopRule[] {
  const wanted = [strings].flat();
  if (wanted.length === 0 || decode === undefined) return criteria;
  return [
    ...criteria,
    (tokens, promptLength) => {
      const text = decode(tokens.slice(promptLength));
      return wanted.some((s) => text.includes(s));
    },
  ];
}
