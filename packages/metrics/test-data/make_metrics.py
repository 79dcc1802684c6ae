"""Makes metrics.json: captions and answers, tokenized beforehand, with the scores that the published definitions give.

Written from the formulas of the papers and from the constants of the evaluation code that published figures come from
(coco-caption, cider, VQA), separately from src/*.ts: n-grams are columns of a count matrix over the whole corpus, VQA
accuracy is the loop over people left out, misspelled contractions are spelled out. Neither side was derived from the other.
The published code itself (vrama91/cider f281464, tylin/coco-caption 3a9afb2, GT-Vision-Lab/VQA a013f00; only brought to
Python 3) was run once on the fixture and gives the same values to 1e-14.

    python packages/metrics/test-data/make_metrics.py        (needs numpy; the output is the same every time)
"""

import json
import random
import re
from pathlib import Path

import numpy as np

rng = random.Random(20150607)

# Texts ---------------------------------------------------------------------------------------------------------------

THINGS = "man woman dog cat bus train bird horse kite pizza surfboard giraffe clock boat".split()
LOOKS = "red small old large white two black".split()
DEEDS = ["sitting on", "standing next to", "holding", "looking at", "flying over", "in front of", "riding"]
PLACES = ["on the beach", "in the grass", "at night", "near a tall building", "on a city street", "in a room", ""]


def caption():
    a, b = rng.sample(THINGS, 2)
    look = rng.choice(LOOKS + ["", "", ""])
    return f"a {look} {a} {rng.choice(DEEDS)} a {b} {rng.choice(PLACES)}".split()


def changed(words):
    """The caption with one to four words dropped, doubled, swapped or replaced, as a model's differs from a person's."""
    words = list(words)
    for _ in range(rng.randint(1, 4)):
        i = rng.randrange(len(words))
        kind = rng.choice(["drop", "double", "swap", "replace"])
        if kind == "drop" and len(words) > 2:
            del words[i]
        elif kind == "double":
            words.insert(i, words[i])
        elif kind == "swap" and i > 0:
            words[i - 1], words[i] = words[i], words[i - 1]
        else:
            words[i] = rng.choice(THINGS + ["unseen", "the", "with"])
    return words


def corpus():
    items = []
    for i in range(32):
        first = caption()
        references = [first] + [changed(first) if rng.random() < 0.5 else caption() for _ in range(i % 5)]
        candidate = changed(rng.choice(references)) if rng.random() < 0.8 else caption()
        items.append((candidate, references))
    items.append((["a", "dog"], [["a", "dog"]]))  # no 3-grams
    items.append((["dog"], [["dog"], ["a", "dog"]]))  # no 2-grams
    items.append(([], [caption(), caption()]))  # nothing said
    items.append((["a"] * 12, [caption()]))  # clipping
    same = caption()
    items.append((same, [caption(), same, caption()]))
    items.append(("nothing of this is known here".split(), [caption()] * 2))  # a reference twice, no match
    items.append((caption() + caption() + caption(), [caption()]))  # far too long
    items.append(("a b c d e f".split(), ["a b c d e".split(), "a b c d e f g".split()]))  # two equally close lengths
    return items


# BLEU (Papineni et al. 2002; constants and closest length of coco-caption) ---------------------------------------------


def grams(words, n):
    return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]


def bleu(items):
    lengths = np.array([len(c) for c, _ in items])
    closest = []
    for c, refs in items:
        table = sorted((abs(len(r) - len(c)), len(r)) for r in refs)
        closest.append(table[0][1])
    precisions = []
    for n in range(1, 5):
        hits = guesses = 0
        for c, refs in items:
            own = grams(c, n)
            guesses += len(own)
            for g in set(own):
                hits += min(own.count(g), max(grams(r, n).count(g) for r in refs))
        precisions.append((hits + 1e-15) / (guesses + 1e-9))
    ratio = (lengths.sum() + 1e-15) / (sum(closest) + 1e-9)
    penalty = min(1.0, np.exp(1 - 1 / ratio))
    return [float(penalty * np.exp(np.log(precisions[:n]).mean())) for n in range(1, 5)]


# ROUGE-L (Lin 2004; beta 1.2 and best precision and recall over references, of coco-caption) ---------------------------


def lcs(a, b):
    table = np.zeros((len(a) + 1, len(b) + 1), int)
    for i in range(len(a)):
        for j in range(len(b)):
            table[i + 1, j + 1] = table[i, j] + 1 if a[i] == b[j] else max(table[i, j + 1], table[i + 1, j])
    return int(table[-1, -1])


def rouge_l(items):
    scores = []
    for c, refs in items:
        common = [lcs(c, r) for r in refs]
        p = max(x / max(len(c), 1) for x in common)
        r = max(x / max(len(ref), 1) for x, ref in zip(common, refs))
        scores.append(0.0 if p == 0 or r == 0 else (1 + 1.2**2) * p * r / (r + 1.2**2 * p))
    return scores


# CIDEr-D (Vedantam et al. 2015, eq. 1 to 4 and section 5) ----------------------------------------------------------------


def cider_d(items, sigma=6.0):
    total = np.zeros(len(items))
    for n in range(1, 5):
        vocabulary = sorted({g for c, refs in items for text in [c, *refs] for g in grams(text, n)})
        column = {g: k for k, g in enumerate(vocabulary)}

        def counts(text):
            row = np.zeros(len(vocabulary))
            for g in grams(text, n):
                row[column[g]] += 1
            return row

        reference_counts = [np.stack([counts(r) for r in refs]) for _, refs in items]
        df = np.sum([(m.sum(axis=0) > 0) for m in reference_counts], axis=0)
        idf = np.log(len(items) / np.maximum(df, 1))
        for k, (c, refs) in enumerate(items):
            g_c = counts(c) * idf
            for r, row in zip(refs, reference_counts[k]):
                g_r = row * idf
                norms = np.linalg.norm(g_c) * np.linalg.norm(g_r)
                cosine = np.minimum(g_c, g_r) @ g_r / norms if norms > 0 else 0.0
                total[k] += 10 * np.exp(-((len(c) - len(r)) ** 2) / (2 * sigma**2)) * cosine / len(refs) / 4
    return total.tolist()


# VQA accuracy (Antol et al. 2015; the rules of the official evaluation) --------------------------------------------------

MARKS = [";", "/", "[", "]", '"', "{", "}", "(", ")", "=", "+", "\\", "_", "-", ">", "<", "@", "`", ",", "?", "!"]
NUMBERS = dict(none="0", zero="0", one="1", two="2", three="3", four="4", five="5", six="6", seven="7", eight="8",
               nine="9", ten="10")
MISSPELLED = """
aint=ain't arent=aren't cant=can't couldve=could've couldnt=couldn't couldn'tve=couldn't've couldnt've=couldn't've
didnt=didn't doesnt=doesn't dont=don't hadnt=hadn't hadnt've=hadn't've hadn'tve=hadn't've hasnt=hasn't havent=haven't
hed=he'd hed've=he'd've he'dve=he'd've hes=he's howd=how'd howll=how'll hows=how's isnt=isn't itd=it'd itd've=it'd've
it'dve=it'd've itll=it'll maam=ma'am mightnt=mightn't mightnt've=mightn't've mightn'tve=mightn't've mightve=might've
mustnt=mustn't mustve=must've neednt=needn't notve=not've oclock=o'clock oughtnt=oughtn't ow's'at='ow's'at
'ows'at='ow's'at 'ow'sat='ow's'at shant=shan't shed've=she'd've she'dve=she'd've shouldve=should've shouldnt=shouldn't
shouldnt've=shouldn't've shouldn'tve=shouldn't've somebody'd=somebodyd somebodyd've=somebody'd've
somebody'dve=somebody'd've somebodyll=somebody'll somebodys=somebody's someoned=someone'd someoned've=someone'd've
someone'dve=someone'd've someonell=someone'll someones=someone's somethingd=something'd somethingd've=something'd've
something'dve=something'd've somethingll=something'll thats=that's thered=there'd thered've=there'd've
there'dve=there'd've therere=there're theres=there's theyd=they'd theyd've=they'd've they'dve=they'd've theyll=they'll
theyre=they're theyve=they've twas='twas wasnt=wasn't wed've=we'd've we'dve=we'd've weve=we've werent=weren't
whatll=what'll whatre=what're whats=what's whatve=what've whens=when's whered=where'd wheres=where's whereve=where've
whod=who'd whod've=who'd've who'dve=who'd've wholl=who'll whos=who's whove=who've whyll=why'll whyre=why're whys=why's
wont=won't wouldve=would've wouldnt=wouldn't wouldnt've=wouldn't've wouldn'tve=wouldn't've yall=y'all yall'll=y'all'll
y'allll=y'all'll yall'd've=y'all'd've y'alld've=y'all'd've y'all'dve=y'all'd've youd=you'd youd've=you'd've
you'dve=you'd've youll=you'll youre=you're youve=you've
"""
REPAIRED = dict(pair.split("=") for pair in MISSPELLED.split())


def normalized(answer):
    thousands = re.search(r"[0-9],[0-9]", answer) is not None
    text = answer
    for mark in MARKS:
        beside_space = mark + " " in answer or " " + mark in answer
        text = text.replace(mark, "" if beside_space or thousands else " ")
    text = re.sub(r"\.(?![0-9])", "", text, count=32)
    words = [NUMBERS.get(w, w) for w in text.lower().split()]
    return " ".join(REPAIRED.get(w, w) for w in words if w not in ("a", "an", "the"))


def vqa(answer, people):
    answer, *people = [re.sub(r"[\n\t]", " ", text).strip() for text in [answer, *people]]
    if len(set(people)) > 1:
        answer, people = normalized(answer), [normalized(p) for p in people]
    scores = []
    for out in range(len(people)):
        agreeing = sum(p == answer for i, p in enumerate(people) if i != out)
        scores.append(min(1.0, agreeing / 3))
    return sum(scores) / len(scores)


ANSWERS = ["yes", "no", "2", "two", "A dog", "the dog", "dog.", "dont know", "don't know", "1,000", "1000", "red/white",
           "red white", "red, white", "black-and-white", "3.5", "none", "0", "somebody'd", "Yes!", "yes\n", "an apple",
           "", "p.m.", "5 p.m", "'ow's'at", "it`s", "10 (ten)", "[unknown]", "a"]
EXTRA = ["hello.world", "3.14.", "..." * 15, "a,b", "a, b", "1,2;3", "; / [", "The the THE", "No. 5", "t-shirt", "Im", "ive",
         "What?No", "x_y @z", "one-two three", "über naïve", "don't", "lets", "let's", "shes", "she's", "  two  dogs "]


def questions():
    items = []
    for i in range(40):
        pool = rng.sample(ANSWERS, rng.randint(1, 4))
        people = [rng.choice(pool) for _ in range(10)]
        items.append((rng.choice(pool if i % 4 else ANSWERS), people))
    return items


if __name__ == "__main__":
    captions = corpus()
    asked = questions()
    rouge, cider = rouge_l(captions), cider_d(captions)
    accuracies = [vqa(a, p) for a, p in asked]
    spellings = ANSWERS + EXTRA + list(REPAIRED)
    out = {
        "captions": [
            {"candidate": c, "references": r, "cider": x, "rougeL": y}
            for (c, r), x, y in zip(captions, cider, rouge)
        ],
        "corpus": {"cider": float(np.mean(cider)), "bleu": bleu(captions), "rougeL": float(np.mean(rouge))},
        "answers": [{"candidate": a, "references": p, "accuracy": x} for (a, p), x in zip(asked, accuracies)],
        "accuracy": float(np.mean(accuracies)),
        "normalized": [[a, normalized(a)] for a in spellings],
    }
    lines = []
    for key, value in out.items():
        rows = isinstance(value, list)
        body = "[\n" + ",\n".join(json.dumps(v) for v in value) + "\n]" if rows else json.dumps(value)
        lines.append(f"{json.dumps(key)}: {body}")
    Path(__file__).with_name("metrics.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
