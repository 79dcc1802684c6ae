// What a model says about drawn scenes: a caption and the answer to one question of each.
import type { Git } from "@glimpsejs/core";
import { drawScene, type Scene, type Sprites, sceneOf } from "@glimpsejs/scenes";

/** What was said about one scene, as token ids and as text. */
export interface Said {
  readonly caption: readonly number[];
  readonly answer: readonly number[];
  readonly isCaptionRight: boolean;
  readonly isAnswerRight: boolean;
}

/** Scene number `index` of a seed, and its question: another kind of question from scene to scene. */
export function sceneWithQuestion(
  seed: number,
  index: number,
): { readonly scene: Scene; readonly question: Scene["questions"][number] } {
  const scene = sceneOf(seed, index);
  const question = scene.questions[index % scene.questions.length];
  if (question === undefined) throw new TypeError("a scene has questions.");
  return { scene, question };
}

/** Captions scenes and answers questions about them, one encode each. */
export async function say(git: Git, sprites: Sprites, seed: number, count: number): Promise<readonly Said[]> {
  const all: Said[] = [];
  for (let i = 0; i < count; i++) {
    const { scene, question } = sceneWithQuestion(seed, i);
    using trunk = await git.encode(await drawScene(scene, sprites, i));
    const caption = await git.caption(trunk);
    const answer = await git.answer(trunk, question.question);
    all.push({
      caption: caption.tokens,
      answer: answer.tokens,
      isCaptionRight: caption.text === scene.caption,
      isAnswerRight: answer.text === question.answer,
    });
  }
  return all;
}
