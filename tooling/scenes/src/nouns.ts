// The things that scenes are made of, in the order of the tiles on a sheet, and their English.

/** Every thing, singular. */
export const nouns: readonly string[] = [
  ...["dog", "cat", "mouse", "rabbit", "fox", "bear", "panda", "koala", "tiger", "lion", "cow", "pig", "frog"],
  ...["monkey", "chicken", "penguin", "duck", "owl", "wolf", "horse", "unicorn", "bee", "butterfly", "snail"],
  ...["ladybug", "turtle", "snake", "octopus", "crab", "fish", "dolphin", "whale", "shark", "elephant", "apple"],
  ...["pear", "orange", "lemon", "banana", "watermelon", "strawberry", "peach", "pineapple", "tomato", "carrot"],
  ...["mushroom", "hamburger", "pizza", "hot dog", "cookie", "doughnut", "cake", "cupcake", "ice cream", "egg"],
  ...["car", "taxi", "bus", "truck", "tractor", "bicycle", "train", "airplane", "helicopter", "rocket", "sailboat"],
  ...["ship", "soccer ball", "basketball", "football", "balloon", "guitar", "drum", "trumpet", "camera", "phone"],
  ...["laptop", "clock", "key", "hammer", "umbrella", "book", "pencil", "light bulb", "gift", "crown", "hat", "shoe"],
  ...["shirt", "dress", "ring", "chair", "toilet", "tree", "palm tree", "cactus", "sunflower", "rose", "tulip", "sun"],
  ...["moon", "star", "cloud", "snowflake", "fire", "rainbow", "house", "castle", "tent", "heart"],
];

const irregular: Readonly<Record<string, string>> = {
  mouse: "mice",
  fish: "fish",
  wolf: "wolves",
};

/** "a fox", "an owl". */
export function withArticle(noun: string): string {
  return `${/^[aeiou]/.test(noun) && !noun.startsWith("uni") ? "an" : "a"} ${noun}`;
}

/** "foxes", "hot dogs". */
export function plural(noun: string): string {
  const [, head = "", last = noun] = /^(.* )?(\S+)$/.exec(noun) ?? [];
  if (irregular[last] !== undefined) return head + irregular[last];
  if (/[^aeiou]y$/.test(last)) return `${head}${last.slice(0, -1)}ies`;
  // "tomato" is the one noun here whose o asks for an e.
  return head + last + (/(s|x|ch|sh)$/.test(last) || last === "tomato" ? "es" : "s");
}
