"""Writes variants.json and code-points.json: what transformers and the Rust tokenizers library say beyond fixtures/reference/text.json.

usage: make_tokenizer_fixtures.py (beside this script; transformers 5.18, tokenizers 0.23.2)
"""
import hashlib, itertools, json, pathlib, random, tempfile

import tokenizers, transformers
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from transformers import AddedToken, BertTokenizer

here = pathlib.Path(__file__).parent
rng = random.Random(3)
oracle = f"transformers {transformers.__version__}, tokenizers {tokenizers.__version__}"

texts = [
    "Two CATS, two dogs.", "ÀÉÎ õü Ångström", "e\u0301E\u0301 a\u0316\u0301b", "你好World中文", "İstanbul ΑΣ Σ ǅ", "x\U00020000y", "\U0002ceb0\U0002b820z",
    "[CLS] A [SEP]b[MASK] [mask]", "tab\tnul\x00end\ufffd\u200bzero", "한국어 가", "पाठ हिन्दी", "\u1e9b\u0323 ﬁ", "a\u302e\U0001d165b", "\U0001e94a\u302e\u1b44",
    "new\U00011838mark \u1ac1", "\U00011383 \U00016121", "it's—“so”…", "a" * 99 + " " + "b" * 101, "🇫🇷👍🏽", "\u034f\u302e\u034f\U0001d165",
]
# A vocabulary in which these texts have no unknown character, so that ids show all that the options do.
norms = [BertNormalizer(True, c, s, l) for c, s, l in itertools.product((True, False), (None, True, False), (True, False))]
chars = sorted({c for t in texts for n in norms for c in n.normalize_str(t) if not c.isspace()})
specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
words = ["two", "cat", "##s", "dog", "TWO", "CA", "##TS", "so", "it", "##ld", "wor"]
vocab = list(dict.fromkeys([*specials, *chars, *("##" + c for c in chars), *words]))
ids_of = {token: i for i, token in enumerate(vocab)}

variants = []
for lower, strip, chinese in itertools.product((True, False), (None, True, False), (True, False)):
    tok = BertTokenizer(vocab=ids_of, do_lower_case=lower, strip_accents=strip, tokenize_chinese_chars=chinese)
    config = {"do_lower_case": lower, "strip_accents": strip, "tokenize_chinese_chars": chinese}
    variants.append({"config": config, "ids": [tok(t)["input_ids"] for t in texts]})

tok = BertTokenizer(vocab=ids_of)
tok.add_tokens(["Foo", "foobar", "<b>", AddedToken("Raw", normalized=False), AddedToken("do not", normalized=False)])
tok.add_tokens(["<SP>"], special_tokens=True)
with tempfile.TemporaryDirectory() as folder:
    tok.save_pretrained(folder)
    saved = json.loads((pathlib.Path(folder) / "tokenizer.json").read_text())
added_texts = ["a foo FOOBAR fooba <B> b", "Raw raw RAW <SP><sp>", "[CLS]foo[SEP] do not a", "Foofoofoobar"]
added_ids = [tok(t)["input_ids"] for t in added_texts]
added = {
    "tokenizer": saved,
    "texts": added_texts,
    "ids": added_ids,
    "decoded": [tok.decode(i) for i in added_ids],
    "skipped": [tok.decode(i, skip_special_tokens=True) for i in added_ids],
}

tok = BertTokenizer(vocab=ids_of, truncation_side="left", padding_side="left")
left_texts = ["Two cats, two dogs.", "it", ""]
left = {"texts": left_texts, "rows": dict(tok(left_texts, truncation=True, max_length=6, padding=True))}

clean_vocab = [*specials, *".?!,'", "n", "t", "s", "m", "re", "ve", "##t", "##'", "n't", "do", "not", "x", "##x", "y."]
tok = BertTokenizer(vocab={token: i for i, token in enumerate(clean_vocab)})
runs = [[rng.randrange(len(clean_vocab)) for _ in range(rng.randint(1, 14))] for _ in range(300)]
cleaned = {"vocab": clean_vocab, "ids": runs, "texts": [tok.decode(run, clean_up_tokenization_spaces=True) for run in runs]}

data = {"oracle": oracle, "vocab": vocab, "texts": texts, "variants": variants, "added": added, "left": left, "cleaned": cleaned}
(here / "variants.json").write_text(json.dumps(data, ensure_ascii=True, separators=(",", ":")) + "\n")

# Every code point among others, 4096 at a time, as the first 8 digits of the result's SHA-256. Not lower case, in which
# JavaScript engines follow the Unicode of their age.
clean, strip, split = BertNormalizer(True, True, False, False), BertNormalizer(True, False, True, False), BertPreTokenizer()
digest = lambda text: hashlib.sha256(text.encode()).hexdigest()[:8]
blocks = {"clean": [], "strip": [], "split": []}
for start in range(0, 0x110000, 4096):
    block = [chr(c) for c in range(start, start + 4096) if not 0xD800 <= c < 0xE000]
    blocks["clean"].append(digest(clean.normalize_str("".join(c + "|" for c in block))))
    blocks["strip"].append(digest(strip.normalize_str("".join(f"a\u302e{c}\U0001d165|" for c in block))))
    blocks["split"].append(digest("\n".join(word for word, _ in split.pre_tokenize_str("".join(f"a{c}a " for c in block)))))
(here / "code-points.json").write_text(json.dumps({"oracle": oracle, **blocks}, separators=(",", ":")) + "\n")
