// When a draft is made: at once where it is asked for, else once it is clear that it will be used, and never twice.
import type { Program } from "@glimpsejs/backend";
import { expect, test } from "vitest";
import { Draft } from "./draft.ts";
import type { GenerationPlan } from "./generation/plan.ts";

const program: Program<"draft"> = { graphs: {} as never, run: () => expect.fail("not run"), dispose: async () => {} };

function setUp(make: () => Promise<Program<"draft"> | undefined> = async () => program) {
  const made = { times: 0, freed: 0 };
  const weights = { names: [], get: () => undefined, dispose: async () => void made.freed++ };
  const draft = new Draft(async () => {
    made.times++;
    const compiled = await make();
    return compiled && { program: compiled, weights };
  });
  return { draft, made };
}

test("not for the first call that could use it, begun with the second, there for a later one", async () => {
  const { draft, made } = setUp();
  expect(isReady(draft)).toBe(false);
  await settled();
  expect(made.times).toBe(0);
  expect(isReady(draft)).toBe(false);
  await settled();
  expect(isReady(draft)).toBe(true);
  expect(draft.program).toBe(program);
  expect(made.times).toBe(1);
});

test("what cannot be made is not tried again, and is no error unless it was asked for", async () => {
  const { draft, made } = setUp(() => Promise.reject(new Error("no memory")));
  for (let call = 0; call < 4; call++) {
    expect(isReady(draft)).toBe(false);
    await settled();
  }
  expect(made.times).toBe(1);
  await expect(setUp(() => Promise.reject(new Error("no memory"))).draft.ready()).rejects.toThrow("no memory");
  const nothing = setUp(async () => undefined).draft;
  await nothing.ready();
  expect(isReady(nothing)).toBe(false);
});

test("dispose() waits for what is being made, frees it, and may be called twice", async () => {
  let finish = () => {};
  const { draft, made } = setUp(() => new Promise((resolve) => (finish = () => resolve(program))));
  isReady(draft);
  isReady(draft);
  const disposed = draft.dispose();
  await settled();
  expect(made.freed).toBe(0);
  finish();
  await disposed;
  await draft.dispose();
  expect(made.freed).toBe(1);
  expect(draft.program).toBeUndefined();
});

/** Whether a search of one text may guess. */
function isReady(draft: Draft): boolean {
  const plan = { reading: "best", useCache: true, numReturnSequences: 1 } as GenerationPlan;
  const prompt = { picture: 0, ids: [1], row: [1] };
  return draft.search(plan, [prompt], () => expect.fail("no tree is needed")) !== undefined;
}

/** After everything that was waiting for a resolved promise. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
