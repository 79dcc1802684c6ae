"""Prints src/unicode-tables.ts: what the Rust tokenizers library says about every code point. Needs node with Unicode 17.

usage: make_unicode_tables.py > ../src/unicode-tables.ts
"""
import subprocess
import unicodedata

import tokenizers
from tokenizers.normalizers import NFD, BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

clean = BertNormalizer(clean_text=True, handle_chinese_chars=False, strip_accents=False, lowercase=False)
strip = BertNormalizer(clean_text=False, handle_chinese_chars=False, strip_accents=True, lowercase=False)
cjk = BertNormalizer(clean_text=False, handle_chinese_chars=True, strip_accents=False, lowercase=False)
split, nfd = BertPreTokenizer(), NFD()
chars = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]


def ranges(wanted):
    found = []
    for c in map(ord, wanted):
        if found and found[-1][1] == c - 1: found[-1][1] = c
        else: found.append([c, c])
    lines, line, last = [], " ", 0
    for a, b in found:
        word = f" {a - last:x}" if a == b else f" {a - last:x}-{b - a:x}"
        last = b
        if len(line) + len(word) > 118: lines.append(line); line = " "
        line += word
    return "\n".join([*lines, line])


def moves(c):
    """Whether the library's NFD orders c among marks, c being no starter (0334 has class 1, 0301 has class 230)."""
    return nfd.normalize_str("a" + c + "\u0334") != "a" + c + "\u0334" or nfd.normalize_str("a\u0301" + c) != "a\u0301" + c


marks = [c for c in chars if strip.normalize_str(c) == ""]
# What is no nonspacing mark, and neither is what it decomposes to, but has a combining class.
kept = [c for c in chars if strip.normalize_str(c) == nfd.normalize_str(c) == c and moves(c)]
classes = sorted({unicodedata.combining(c) for c in kept})
assert 0 not in classes
class_lines = "".join(f"  // {n}\n  `{ranges([c for c in kept if unicodedata.combining(c) == n]).strip()}`,\n" for n in classes)
# Python's own tables are too old to say what decomposes today.
script = "for (let c = 0; c < 0x110000; c++) { const s = String.fromCodePoint(c); if (s !== s.normalize('NFD')) console.log(c); }"
newer = [chr(int(line)) for line in subprocess.check_output(["node", "-e", script], text=True).split()]
print(f'''\
// Sets of code points, exactly as the Rust tokenizers library has them: its categories are those of Unicode 8, its
// decompositions those of Unicode 9, whereas a JavaScript engine's follow its age. Each range is two hexadecimal numbers,
// how far its first code point is from the last one before and how many follow it: "20-2 5" is U+0020 to U+0022 and
// U+0027. In this form the tables are compressed to half of what the code points themselves are. Written by
// test-data/make_unicode_tables.py with tokenizers {tokenizers.__version__}; knows nothing of how the sets are used.

/** What clean_text removes: NUL, U+FFFD, control, format and private use characters. */
export const removedRanges = `
{ranges([c for c in chars if clean.normalize_str(c) == ""])}
`;

/** The blocks in which every character is a word of its own. */
export const chineseRanges = `
{ranges([c for c in chars if cjk.normalize_str(c) != c])}
`;

/** ASCII punctuation and symbols, and Unicode punctuation. */
export const punctuationRanges = `
{ranges([c for c in chars if len(split.pre_tokenize_str("a" + c + "a")) == 3])}
`;

/** Nonspacing marks, the accents that strip_accents drops, with a combining class other than 0. */
export const movableMarkRanges = `
{ranges([c for c in marks if moves(c)])}
`;

/** Nonspacing marks with combining class 0. No mark moves past them. */
export const fixedMarkRanges = `
{ranges([c for c in marks if not moves(c)])}
`;

/** Characters with a combining class that are no nonspacing marks, by class, ascending. */
export const orderedRanges: readonly string[] = [
{class_lines}];

/** What Unicode 17 decomposes and the library does not. */
export const newlyDecomposedRanges = `
{ranges([c for c in newer if nfd.normalize_str(c) == c])}
`;''')
