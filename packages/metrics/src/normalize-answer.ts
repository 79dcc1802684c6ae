// The answer normalization of the official VQA evaluation (processPunctuation and processDigitArticle of
// PythonEvaluationTools/vqaEvaluation/vqaEval.py in github.com/GT-Vision-Lab/VQA), its oddities included, since
// published figures have them.

const punctuation = [...';/[]"{}()=+\\_-><@`,?!'];
const articles: ReadonlySet<string> = new Set(["a", "an", "the"]);
const numbers = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"] as const;
const digits: ReadonlyMap<string, string> = new Map([
  ["none", "0"],
  ...numbers.map((word, value) => [word, String(value)] as const),
]);

// The official table lists misspellings, each a contraction that lacks one of its apostrophes: "couldnt've" and
// "couldn'tve", not "couldntve". Those with a capital I are missing here because a word is lower case when it is looked up.
const contractions = `
  ain't aren't can't could've couldn't couldn't've didn't doesn't don't hadn't hadn't've hasn't haven't he'd he'd've
  he's how'd how'll how's isn't it'd it'd've it'll ma'am mightn't mightn't've might've mustn't must've needn't not've
  o'clock oughtn't 'ow's'at shan't she'd've should've shouldn't shouldn't've somebody'd've somebody'll somebody's
  someone'd someone'd've someone'll someone's something'd something'd've something'll that's there'd there'd've
  there're there's they'd they'd've they'll they're they've 'twas wasn't we'd've we've weren't what'll what're what's
  what've when's where'd where's where've who'd who'd've who'll who's who've why'll why're why's won't would've
  wouldn't wouldn't've y'all y'all'll y'all'd've you'd you'd've you'll you're you've`;

const spellings: ReadonlyMap<string, string> = new Map([
  ...contractions
    .trim()
    .split(/\s+/)
    .flatMap((right) =>
      [...right.matchAll(/'/g)].map(({ index }) => [right.slice(0, index) + right.slice(index + 1), right] as const),
    ),
  ["somebody'd", "somebodyd"], // the wrong way round in the official table
]);

/** The form in which two answers are compared. */
export function normalizeAnswer(answer: string): string {
  const words: string[] = [];
  for (const word of withoutPunctuation(answer).toLowerCase().split(/\s+/)) {
    const value = digits.get(word) ?? word;
    if (value !== "" && !articles.has(value)) words.push(spellings.get(value) ?? value);
  }
  return words.join(" ");
}

/**
 * A mark goes without trace where the answer has it beside a space anywhere, and every mark where it has a comma between
 * digits; else it becomes a space. A period goes unless a digit follows, up to 32 of them (the official code hands the
 * flag re.UNICODE, 32, to the parameter for the count).
 */
function withoutPunctuation(answer: string): string {
  const hasThousands = /\d,\d/.test(answer);
  let text = answer;
  for (const mark of punctuation) {
    const isLoose = hasThousands || answer.includes(`${mark} `) || answer.includes(` ${mark}`);
    text = text.replaceAll(mark, isLoose ? "" : " ");
  }
  let left = 32;
  return text.replace(/\.(?!\d)/g, (period) => (left-- > 0 ? "" : period));
}
