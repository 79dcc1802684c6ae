// Sets of code points, exactly as the Rust tokenizers library has them: its categories are those of Unicode 8, its
// decompositions those of Unicode 9, whereas a JavaScript engine's follow its age. Each range is two hexadecimal numbers,
// how far its first code point is from the last one before and how many follow it: "20-2 5" is U+0020 to U+0022 and
// U+0027. In this form the tables are compressed to half of what the code points themselves are. Written by
// test-data/make_unicode_tables.py with tokenizers 0.23.2; knows nothing of how the sets are used.

/** What clean_text removes: NUL, U+FFFD, control, format and private use characters. */
export const removedRanges = `
  0-8 3-1 2-11 60-20 e 553-5 17 c1 32 10ff 7fd-4 1b-4 32-4 2-9 bf91-18ff 600 fa-2 2 10c0 abe3-3 14d0-7 c2e87 1f-5f
  ff81-fffd 3-fffd
`;

/** The blocks in which every character is a word of its own. */
export const chineseRanges = `
  3400-19bf 41-51ff 5901-1ff 10501-a6df 21-111f 101-158f 2951-21f
`;

/** ASCII punctuation and symbols, and Unicode punctuation. */
export const punctuationRanges = `
  21-e b-6 1b-5 1b-3 23 6 4 b-1 4 4 2bf 9 1d3-5 2a-1 34 2 3 3 2d-1 15-1 2-1 e 3-1 4b-3 67 2c-d ea-2 37-e 20 106-1 b
  180 304 5b b-1 a9-e 2 26-3 48 4b-4 5-1 70-5 ac 265-8 98 26d-1 2d-1 4f-2 48-1 9e-2 2-2 26-a 13a-1 d9-1 81-6 2-5 ad-6
  9c-3 3c-4 3f-1 41-7 c 33d-17 9-13 2-c 2-b 1f-1 f-1 27a-3 1e-1 43e-d 50-1 20-9 194-15 40-3 21-1 2fc-3 2-1 71 90-2e
  2-12 1bf-2 5-9 3-b 11 d 63 5b 7403-1 10e-2 64 b 74-5 17d-3 57-1 29-2 2 32-1 30 62-c 11-1 7d-3 7f-1 11-1 fa 5153-1
  d1-9 17-22 2-d 2 5 2-1 96-2 2-5 2-3 b-1 4-1 1b-2 2 1c 2 2-6 19b-2 29d 31 19f 2e8 c8 20 111-8 27 71-6 43-6 5a-3 4ab-6
  6e-1 2-3 7f-3 31-1 50-4 4 e 2-2 59-5 6c 21d fb-16 6a-2 f9-2 d32-4 45fa-1 86 42-4 9 515b 1de8-4
`;

/** Nonspacing marks, the accents that strip_accents drops, with a combining class other than 0. */
export const movableMarkRanges = `
  300-4e 2-1f 114-4 10a-2c 2 2-1 2-1 2 49-a 31-14 11 66-6 3-5 3-1 2-3 24 1f-1a a1-8 23-3 2-8 2-2 2-4 2c-2 88-1c 3d 11
  4-3 68 11 6f 11 6f 11 6f 11 80 7b 5 8-1 66 11 80 7d 6e-2 e-3 6d-1 f-3 4d-1 1c 2 2 38-5 2 2-3 3-4 2-1 c a 5 5 5 d d
  71 2-1 53 2d0-2 3b5 20 9e b cc 90-2 dc-1 48 15-7 3 31-d 77 37-8 38 3b 51 99-2 2-c 2-6 5 7 4-1 c7-35 7-3 2d1-c 5 4-b
  bff-2 8e 61-1f 22b-3 6c-1 75d5 5-9 21-1 51-1 115 be 1c-11 3a-2 86 fd 2-2 3-1 6-1 2 35 f7 4f31 302-f 3ce e3 96-4 693
  2 29-2 5 a6-1 560 39 3a-1 46-2 2c-1 4-1 3f 57 6c b3-1 52 2a-6 4-4 14e-1 fc-1 7f 78 74 53c5-4 3c-6 5168 14c9-2 12-7
  3-6 1f-3 95-2 168c-6
`;

/** Nonspacing marks with combining class 0. No mark moves past them. */
export const fixedMarkRanges = `
  34f 457-a 150-2 38 7-7 d-2 b-1 1e 40-3 1e-1 1e-1 3f-1 5-1 3-1 5 1f-1 4 c-1 3f-4 2-1 1a-1 1e 3e 2-3 12 c-1 1f 3e 40
  3e-2 6-1 3-2 16-1 1e 3e 7 6 16-1 1e 40-3 1e-1 6f-2 2 5b 3-3 10 5-2 63 3-3 4-1 10-1 aa 2 5 f-5 2-3 2-3 2-3 2-3 2-3
  2-b 2-2 71-3 2-4 7-1 1a-1 5-2 11-3 e 3-1 17 675-1 1f-1 1f-1 1f-1 41-1 2-6 9 3-8 2 38-2 113-2 5-1 a e9 3b 2-6 4 3-7
  7-1 8c-3 33-4 2 6 3e-1 21-3 3-1 3-1 3b-1 4 2-2 3b-7 3 8bcc 9 1a-1 100-4 1d-a 2f-2 34-3 3 29 44-5 3-1 3-1 d 9 30 70-1
  f8 3 5218-f bf2-2 2-1 6 2 5f3 37-d 3b-1 32-3 71-4 2 3-2 4e-1 35-8 d-1 63-2 3 3 a8 4-5 18-1 3f 173-5 2 5-1 f2-3 7-1
  1f-1 56-7 3 3 6b 2 3-5 68-2 3-3 2-3 5865-3 4d0b 1d63-36 5-31 9 f 17-4 2-e c2651-ef
`;

/** Characters with a combining class that are no nonspacing marks, by class, ascending. */
export const orderedRanges: readonly string[] = [
  // 7
  `11446 d504`,
  // 9
  `1b44 66 48-1 8d60 6d 6800 75 118 f5 274 589`,
  // 216
  `1d165-1 8-4`,
  // 224
  `302e-1`,
  // 226
  `1d16d`,
  // 230
  `8d4-d 151a 1c205-6 2-10 3-6 2-1 2-4 91a-5`,
];

/** What Unicode 17 decomposes and the library does not. */
export const newlyDecomposedRanges = `
  105c9 1b d9f 2 9 3 34 2-1 570 47e9-7 c40-2
`;
