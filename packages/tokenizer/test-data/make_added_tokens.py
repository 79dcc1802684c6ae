"""Writes added-tokens.json: what the Rust tokenizers library behind transformers' BertTokenizer makes of texts with added
tokens of every kind, cut and padded on either side.

usage: make_added_tokens.py [--seed N] > added-tokens.json
"""
import argparse, json, random, warnings
from tokenizers import AddedToken
import tokenizers, transformers
from transformers import BertTokenizer

warnings.filterwarnings("ignore")
parser = argparse.ArgumentParser()
parser.add_argument("--seed", type=int, default=0)
R = random.Random(parser.parse_args().seed)

# No two that are equal once normalized: which of them is found, the library leaves to the order of a hash map.
ADDED = ["[NEW]", "<img>", "cat", "hello world", "É", "x", "new token", "##foo", "漢", "don't", "[NEW]s", " lead", "trail ", "İ", "..."]
PARTS = ADDED + [" ", "  ", "\u3000", "s", "é", "_", "1", "\u0301", "cats", "[new]", "[SEP]", ", "]
CHARACTERS = sorted(set("".join(PARTS).lower().replace(" ", "").replace("\u3000", "")) | set("ei"))
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *CHARACTERS, *("##" + c for c in CHARACTERS), "cats", "token", "##s'"]
VOCABULARY = {word: i for i, word in enumerate(dict.fromkeys(WORDS))}


def flags():
    return {name: R.random() < 0.3 for name in ("single_word", "lstrip", "rstrip", "normalized", "special")}


def row(tokenizer):
    text = "".join(R.choice(PARTS) for _ in range(R.randint(1, 9)))
    options = R.choice([{}, {}, {"truncation": True, "max_length": R.randint(2, 9)}, {"truncation": True, "padding": "max_length", "max_length": R.randint(4, 20)}])
    encoded = tokenizer(text, **options)
    ids = encoded["input_ids"]
    return {"text": text, "options": options, "ids": ids, "mask": encoded["attention_mask"],
            "decoded": tokenizer.decode(ids), "without_special": tokenizer.decode(ids, skip_special_tokens=True)}


sets = []
for _ in range(40):
    config = {"padding_side": R.choice(["left", "right"]), "truncation_side": R.choice(["left", "right"]), "do_lower_case": R.random() < 0.7}
    tokenizer = BertTokenizer(vocab=VOCABULARY, **config)
    tokens = [{"content": content, **flags()} for content in R.sample(ADDED, R.randint(1, 6))]
    tokenizer.add_tokens([AddedToken(**token) for token in tokens])
    for token in tokens: token["id"] = tokenizer.convert_tokens_to_ids(token["content"])
    sets.append({"config": config, "tokens": tokens, "rows": [row(tokenizer) for _ in range(25)]})
oracle = f"transformers {transformers.__version__}, tokenizers {tokenizers.__version__}"
print(json.dumps({"oracle": oracle, "vocabulary": list(VOCABULARY), "sets": sets}))
