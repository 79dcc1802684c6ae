// VQA accuracy: S. Antol et al., "VQA: Visual Question Answering", ICCV 2015, and Y. Goyal et al., "Making the V in VQA
// Matter", CVPR 2017, by the rules of the official evaluation (PythonEvaluationTools of github.com/GT-Vision-Lab/VQA):
// an answer is right when three of nine people gave it, averaged over the ten ways to leave one of ten people out.
import { checkItems, type ItemScores, scoreEach, type TextItem } from "./items.ts";
import { normalizeAnswer } from "./normalize-answer.ts";

const people = 10;
const enough = 3;

/**
 * VQA accuracy of every answer, from 0 to 1, and the mean. `references` are the answers of people, ten in VQA v2. Any
 * other number stands for ten people in the same proportions, which is ours: five as if each answered twice, as OK-VQA
 * has it, and one as ten of one mind. As in the official evaluation, texts are normalized only where people disagree.
 * Throws "invalid-argument".
 */
export function vqaAccuracy(items: readonly TextItem[]): ItemScores {
  checkItems(items, "vqaAccuracy()");
  return scoreEach(items, ({ candidate, references }) => {
    const given = references.map(trimmed);
    const disagree = new Set(given).size > 1;
    const normalize = disagree ? normalizeAnswer : (text: string) => text;
    const answer = normalize(trimmed(candidate));
    const agreeing = (given.filter((other) => normalize(other) === answer).length * people) / given.length;
    // Leaving out one who agrees, and one who does not.
    const without = Math.min(Math.max(0, agreeing - 1) / enough, 1);
    const withAll = Math.min(agreeing / enough, 1);
    return (agreeing * without + (people - agreeing) * withAll) / people;
  });
}

function trimmed(text: string): string {
  return text.replace(/[\n\t]/g, " ").trim();
}
