// What a scene is: things, where they stand, on which colour, and what can be said and asked about it. No pixels.
// The same distribution as the scenes that the demo checkpoint was trained on, drawn with other random numbers.
import { type Place, pair, several, single } from "./layout.ts";
import { nouns, plural, withArticle } from "./nouns.ts";
import { Random } from "./random.ts";
import { type Style, styles } from "./sprites.ts";

/** A question about a scene, and its answer. */
export interface Question {
  readonly question: string;
  readonly answer: string;
}

/** A thing in a scene. */
export interface Placed extends Place {
  readonly noun: string;
  readonly style: Style;
  readonly mirrored: boolean;
  /** Degrees, clockwise. */
  readonly rotation: number;
}

/** A scene. */
export interface Scene {
  readonly color: Color;
  /** In the order in which they are drawn. */
  readonly things: readonly Placed[];
  readonly caption: string;
  readonly questions: readonly Question[];
}

/** Name of a background. */
export type Color = keyof typeof colors;

/** Backgrounds, before they are varied: red, green and blue from 0 to 255. */
export const colors = {
  red: [205, 50, 45],
  orange: [240, 145, 45],
  yellow: [245, 220, 80],
  green: [85, 170, 80],
  blue: [70, 120, 215],
  purple: [140, 80, 180],
  pink: [245, 165, 195],
  brown: [125, 85, 55],
  gray: [140, 140, 140],
  white: [248, 248, 248],
  black: [22, 22, 22],
} as const;

const numbers = ["zero", "one", "two", "three", "four"];

interface Content {
  readonly present: readonly string[];
  readonly places: readonly (Place & { readonly noun: string })[];
  /** Things that are alike share a style. */
  readonly style: Style | undefined;
  readonly subject: string;
  readonly questions: readonly Question[];
}

/** Scene number `index` of a seed: 28 % one thing, 28 % two to four alike, the rest two different ones. */
export function sceneOf(seed: number, index: number): Scene {
  const random = new Random(seed, index);
  const color = random.pick(Object.keys(colors) as readonly Color[]); // the table's keys are exactly the names
  const kind = random.next();
  const content = kind < 0.28 ? one(random) : kind < 0.56 ? alike(random) : two(random);
  const { present, subject } = content;
  const other = random.pick(nouns);
  const things = content.places.map((place) => ({
    ...place,
    style: content.style ?? random.pick(styles),
    mirrored: random.next() < 0.3,
    rotation: random.next() < 0.6 ? 0 : random.pick([-16, -8, 8, 16]),
  }));
  return {
    color,
    things,
    caption: `${subject} on ${withArticle(color)} background`,
    questions: [
      { question: "what color is the background?", answer: color },
      ...content.questions,
      { question: `is there ${withArticle(random.pick(present))}?`, answer: "yes" },
      ...(present.includes(other) ? [] : [{ question: `is there ${withArticle(other)}?`, answer: "no" }]),
    ],
  };
}

function one(random: Random): Content {
  const noun = random.pick(nouns);
  return {
    present: [noun],
    places: [{ ...single(random), noun }],
    style: undefined,
    subject: withArticle(noun),
    questions: [
      { question: "what is this?", answer: withArticle(noun) },
      { question: `how many ${plural(noun)} are there?`, answer: "one" },
    ],
  };
}

function alike(random: Random): Content {
  const noun = random.pick(nouns);
  const count = random.pick([2, 3, 4]);
  const number = numbers[count] ?? "";
  return {
    present: [noun],
    places: several(random, count).map((place) => ({ ...place, noun })),
    style: random.pick(styles),
    subject: `${number} ${plural(noun)}`,
    questions: [
      { question: `how many ${plural(noun)} are there?`, answer: number },
      { question: "what are these?", answer: plural(noun) },
    ],
  };
}

function two(random: Random): Content {
  const a = random.pick(nouns);
  const b = random.pick(nouns.filter((noun) => noun !== a));
  const { horizontal, places } = pair(random);
  const placed = [
    { ...places[0], noun: a },
    { ...places[1], noun: b },
  ];
  if (random.next() < 0.5) placed.reverse();
  const [first, second, toward, from] = horizontal
    ? ["on the left", "on the right", "to the left of", "to the right of"]
    : ["at the top", "at the bottom", "above", "below"];
  const yes = (is: boolean) => (is ? "yes" : "no");
  return {
    present: [a, b],
    places: placed,
    style: undefined,
    subject: `${withArticle(a)} ${toward} ${withArticle(b)}`,
    questions: [
      { question: `what is ${first}?`, answer: withArticle(a) },
      { question: `what is ${second}?`, answer: withArticle(b) },
      { question: `what is ${toward} the ${b}?`, answer: withArticle(a) },
      { question: `what is ${from} the ${a}?`, answer: withArticle(b) },
      { question: `is the ${a} to the left of the ${b}?`, answer: yes(horizontal) },
      { question: `is the ${b} to the left of the ${a}?`, answer: "no" },
      { question: `is the ${a} above the ${b}?`, answer: yes(!horizontal) },
      { question: `is the ${b} below the ${a}?`, answer: yes(!horizontal) },
      { question: `what is next to the ${a}?`, answer: withArticle(b) },
      { question: `what is next to the ${b}?`, answer: withArticle(a) },
    ],
  };
}
